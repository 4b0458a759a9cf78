import HTTPTypes
import Primitives

/// The trace that a request belongs to, or the beginning of one. The jobs that it asks for go on with it.
enum RequestTrace {
    /// Headers that came twice are joined by commas: of a `tracestate` that is its form, of a `traceparent` it is malformed.
    static func accept(_ headers: HTTPFields) -> TraceContext {
        if let parent = headers[.traceparent], let given = TraceContext(traceparent: parent, tracestate: headers[.tracestate]) { return given }
        return IdentifierSource.system.nextTrace()
    }
}
