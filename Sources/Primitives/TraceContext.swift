/// W3C trace context: the trace that something belongs to and the span in it. Pure: what is random comes from the caller.
package struct TraceContext: Sendable, Equatable {
    /// The trace's 128 bits, never all zero.
    package let trace: (high: UInt64, low: UInt64)
    /// Never zero.
    package let span: UInt64
    /// The two flags that the standard knows, sampled and random; others are not passed on.
    package let flags: UInt8
    /// `tracestate`, passed on as it came; empty when there is none.
    package let state: String

    package static let sampled: UInt8 = 1
    private static let knownFlags: UInt8 = 3
    static let traceparentLength = 55
    /// What an envelope has room for. A longer one is stored without its `tracestate`, which the standard allows.
    package static let longestStored = 255

    /// Nil for a trace or a span of zeros, which the standard forbids.
    package init?(trace: (high: UInt64, low: UInt64), span: UInt64, flags: UInt8 = TraceContext.sampled, state: String = "") {
        guard trace.high | trace.low != 0, span != 0 else { return nil }
        self.trace = trace
        self.span = span
        self.flags = flags & Self.knownFlags
        self.state = state
    }

    /// Stands where no trace is known yet.
    package static let none = TraceContext(unchecked: (0, 1), span: 1, flags: 0, state: "")

    /// The start of a trace.
    package static func root(using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(unchecked: (generator.next(), generator.next() | 1), span: generator.next() | 1, flags: sampled, state: "")
    }

    private init(unchecked trace: (high: UInt64, low: UInt64), span: UInt64, flags: UInt8, state: String) {
        self.trace = trace
        self.span = span
        self.flags = flags
        self.state = state
    }

    /// A span of the same trace, under this one: flags and state stay.
    package func child(span: UInt64) -> TraceContext {
        TraceContext(unchecked: trace, span: span == 0 ? 1 : span, flags: flags, state: state)
    }

    package static func == (left: TraceContext, right: TraceContext) -> Bool {
        left.trace == right.trace && left.span == right.span && left.flags == right.flags && left.state == right.state
    }
}

// MARK: Headers

extension TraceContext {
    /// What a request brings. Nil when its `traceparent` is missing or malformed: then a new trace begins, and its `tracestate` means nothing.
    /// A malformed `tracestate` alone is dropped.
    package init?(traceparent: String?, tracestate: String? = nil) {
        guard var header = traceparent else { return nil }
        guard let parsed = header.withUTF8({ Self.parse($0) }) else { return nil }
        self.init(trace: parsed.trace, span: parsed.span, flags: parsed.flags, state: tracestate.flatMap(TraceState.accepted) ?? "")
    }

    /// `version-trace-parent-flags` in lower-case hex. Of a later version the part that this one knows is taken.
    private static func parse(_ text: UnsafeBufferPointer<UInt8>) -> (trace: (high: UInt64, low: UInt64), span: UInt64, flags: UInt8)? {
        let dash = UInt8(ascii: "-")
        guard text.count >= traceparentLength, text[2] == dash, text[35] == dash, text[52] == dash,
            let version = hex(text[0..<2]), version != 0xff, let high = hex(text[3..<19]), let low = hex(text[19..<35]),
            let span = hex(text[36..<52]), let flags = hex(text[53..<55])
        else { return nil }
        guard text.count == traceparentLength || version > 0 && text[traceparentLength] == dash else { return nil }
        return ((high, low), span, UInt8(flags))
    }

    private static func hex(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    package var traceparent: String { "00-\(traceID)-\(spanID)-\(Self.hex(UInt64(flags), digits: 2))" }
    /// 32 hexadecimal digits.
    package var traceID: String { Self.hex(trace.high, digits: 16) + Self.hex(trace.low, digits: 16) }
    /// 16 hexadecimal digits.
    package var spanID: String { Self.hex(span, digits: 16) }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        String(unsafeUninitializedCapacity: digits) { buffer in
            var rest = number
            for place in stride(from: digits - 1, through: 0, by: -1) {
                let digit = UInt8(truncatingIfNeeded: rest & 15)
                buffer[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                rest >>= 4
            }
            return digits
        }
    }
}

// MARK: With a job

extension TraceContext {
    /// As a job keeps it: `traceparent`, and `tracestate` behind a blank when both fit.
    package var stored: String {
        let parent = traceparent
        return state.isEmpty || parent.utf8.count + 1 + state.utf8.count > Self.longestStored ? parent : "\(parent) \(state)"
    }

    package init?(stored: String) {
        guard let blank = stored.utf8.firstIndex(of: UInt8(ascii: " ")) else {
            self.init(traceparent: stored)
            return
        }
        self.init(traceparent: String(stored[..<blank]), tracestate: String(stored[stored.utf8.index(after: blank)...]))
    }
}
