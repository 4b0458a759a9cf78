import Foundation
import Logging
import Synchronization

/// One JSON object a line on standard error. Secrets are `Redacted` where they are made; nothing here has to know them.
struct JSONLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    private struct Line: Encodable {
        var time: String
        var level: String
        var message: String
        var fields: [String: String]?
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        var line = Line(
            time: Date.now.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted)),
            level: event.level.rawValue, message: event.message.description, fields: nil)
        if !merged.isEmpty { line.fields = merged.mapValues { "\($0)" } }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var bytes = try? encoder.encode(line) else { return }
        bytes.append(0x0a)
        // A log that cannot be written is lost; it must not stop what is being logged.
        try? FileHandle.standardError.write(contentsOf: bytes)
    }
}
