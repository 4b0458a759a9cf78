import HTTPTypes
import Hummingbird
import NIOCore
import Primitives

/// The bounds of what a client may send.
enum BodyLimit {
    static let single = 1 << 20
    static let batch = 8 << 20
    /// Of a job's payload and of an event's data.
    static let payload = 256 << 10
    static let depth = 64
}

extension Request {
    /// The body's bytes, refused as soon as they are known to be too many or of another kind.
    func jsonBytes(upTo limit: Int) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw Problem.tooLarge("body", limit: limit) }
        guard Self.isJSON(headers[.contentType]), Self.isPlain(headers[.contentEncoding]) else {
            throw Problem.unsupportedMediaType
        }
        do {
            return Array(try await body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge("body", limit: limit)
        }
    }

    private static func isPlain(_ encoding: String?) -> Bool { encoding.map { ["", "identity"].contains($0.lowercased()) } ?? true }

    /// A client that names no type is taken at its word.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType, contentType != "application/json" else { return true }
        let parts = contentType.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\"" } }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
        return (parts.first == "application/json" || parts.first?.hasSuffix("+json") == true) && (charset == nil || charset == "charset=utf-8")
    }
}

extension RawJSON {
    /// A request's body.
    static func body(_ bytes: [UInt8]) throws(Problem) -> RawJSON {
        if bytes.isEmpty { throw .badJSON("The body is empty.") }
        do {
            return try RawJSON(bytes, maximumDepth: BodyLimit.depth)
        } catch {
            switch error {
            case .malformed(let offset): throw .badJSON("The body is not valid JSON at byte \(offset).")
            case .tooDeep(let limit): throw .badJSON("The body is nested deeper than \(limit) levels.")
            }
        }
    }
}
