internal import CLibPQ
internal import Logging

/// Passes a connection's notices to the log, and remembers a farewell: a server that shuts down says so in one before it hangs up.
final class NoticeSink {
    private let logger: Logger
    private(set) var sawFarewell = false

    init(logger: Logger) { self.logger = logger }

    /// The connection must not outlive the sink.
    func attach(to connection: OpaquePointer) {
        let sink = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe PQsetNoticeReceiver(
            connection,
            { sink, result in
                guard let sink = unsafe sink, let result = unsafe result else { return }
                unsafe Unmanaged<NoticeSink>.fromOpaque(sink).takeUnretainedValue().receive(result)
            }, sink)
    }

    private func receive(_ result: OpaquePointer) {
        let severity = unsafe Self.field(result, voicera_pq_field_severity)
        if severity == "FATAL" || severity == "PANIC" { sawFarewell = true }
        // The primary message only: the other fields may quote rows.
        let message = unsafe Self.field(result, voicera_pq_field_message)
        let state = unsafe Self.field(result, voicera_pq_field_sqlstate)
        logger.debug("postgres notice", metadata: ["severity": "\(severity)", "state": "\(state)", "message": "\(message.prefix(300))"])
    }

    private static func field(_ result: OpaquePointer, _ code: some BinaryInteger) -> String {
        guard let text = unsafe PQresultErrorField(result, Int32(code)) else { return "" }
        return unsafe String(cString: text)
    }
}
