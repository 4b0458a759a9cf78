import Primitives
import Testing

/// W3C trace context, by the examples and rules of the standard.
@Suite struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test(arguments: [
        "00-\(trace)-\(span)-01", "00-\(trace)-\(span)-00", "00-\(trace)-\(span)-03",
    ])
    func `a valid header is read and written as it was`(header: String) throws {
        let context = try #require(TraceContext(traceparent: header))
        #expect(context.traceparent == header)
        #expect(context.traceID == Self.trace && context.spanID == Self.span)
        #expect(TraceContext(stored: context.stored) == context)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-011", "00-\(trace)-\(span)-01-more",
        "ff-\(trace)-\(span)-01", "0-\(trace)-\(span)-01", "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span)-0g", "00_\(trace)-\(span)-01", "00-\(trace)x-\(span)-01",
        "00-\(trace)-\(span)-01, 00-\(trace)-\(span)-01", "01-\(trace)-\(span)-01x", "00-\(trace.dropLast())é-\(span)-01",
    ])
    func `a malformed header is none`(header: String) { #expect(TraceContext(traceparent: header) == nil) }

    @Test func `a later version is read as far as this one knows it`() throws {
        let context = try #require(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-0f-what-will-be"))
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-03")
    }

    @Test func `a child is in the trace under a span of its own, sampled or not as its parent`() throws {
        let parent = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-00", tracestate: "a=1"))
        let child = parent.child(span: 0x0123_4567_89ab_cdef)
        #expect(child.traceparent == "00-\(Self.trace)-0123456789abcdef-00" && child.state == "a=1")
        #expect(parent.child(span: 0).spanID == "0000000000000001")
    }

    @Test func `a root is a valid context, and each another one`() {
        var generator = SystemRandomNumberGenerator()
        let roots = (0..<100).map { _ in TraceContext.root(using: &generator) }
        #expect(Set(roots.map(\.traceID)).count == 100)
        #expect(roots.allSatisfy { TraceContext(traceparent: $0.traceparent) == $0 && $0.flags == TraceContext.sampled })
    }

    @Test(arguments: [
        ("a=1", "a=1"), ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"), (" a=1 ,\tb=2\t", "a=1,b=2"),
        ("a=1,,b=2,", "a=1,b=2"), ("1a-_*/@b=x y!", "1a-_*/@b=x y!"), ("tenant@system=v", "tenant@system=v"), ("", ""),
        ((1...32).map { "k\($0)=v" }.joined(separator: ","), (1...32).map { "k\($0)=v" }.joined(separator: ",")),
    ])
    func `a tracestate is kept`(header: String, kept: String) throws {
        #expect(try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: header)).state == kept)
    }

    @Test(arguments: [
        "a", "a=", "=1", "A=1", "a=1=2", "a=b,a=c", "a=\u{1}", "a=ä", "_a=1", "a b=1", "a=1\r\nx: y", (1...33).map { "k\($0)=v" }.joined(separator: ","),
        "a=" + String(repeating: "x", count: 257), String(repeating: "a=1,", count: 200),
    ])
    func `a malformed tracestate is dropped, its trace is not`(header: String) throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: header))
        #expect(context.state.isEmpty && context.traceID == Self.trace)
    }

    @Test func `what is stored fits an envelope, with the tracestate or without`() throws {
        for length in [1, 100, 197, 198, 256] {
            let state = "a=" + String(repeating: "x", count: length)
            let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: state))
            let stored = context.stored
            #expect(stored.utf8.count <= TraceContext.longestStored)
            #expect(try #require(TraceContext(stored: stored)).state == (length <= 197 ? context.state : ""), "\(length)")
        }
        #expect(TraceContext(stored: "nonsense") == nil && TraceContext(stored: "") == nil)
    }
}
