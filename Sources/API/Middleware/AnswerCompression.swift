import Compression
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers with gzip to who takes it, where that pays. Not what OAuth answers: a secret beside text that somebody else chose tells itself by its length.
enum AnswerCompression {
    /// Smaller ones do not get smaller by more than the headers cost.
    private static let smallest = 1024
    private static let largest = 8 << 20
    private static let types = ["application/json", "application/problem+json", "text/plain", "text/css"]

    static func isWorthwhile(_ request: Request, _ response: Response) -> Bool {
        guard let length = response.body.contentLength, (smallest...largest).contains(length) else { return false }
        return isCompressible(request, response)
    }

    /// - Parameter response: one for which it is worthwhile.
    static func compress(_ response: Response, of request: Request) async throws -> Response {
        var response = response
        let length = response.body.contentLength ?? 0
        response.headers.vary(by: "Accept-Encoding")
        guard takesGzip(request.headers[.acceptEncoding]) else { return response }
        let collected = CollectingWriter()
        try await response.body.write(collected)
        guard let compressed = Gzip.compress(Array(collected.buffer.readableBytesView)), compressed.count < length else {
            response.body = ResponseBody(byteBuffer: collected.buffer)
            return response
        }
        response.headers[.contentEncoding] = "gzip"
        response.headers[.contentLength] = nil
        // The bytes are others than those that a strong tag names.
        if let tag = response.headers[.eTag], !tag.hasPrefix("W/") { response.headers[.eTag] = "W/" + tag }
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: compressed))
        return response
    }

    private static func isCompressible(_ request: Request, _ response: Response) -> Bool {
        guard request.method != .head, !request.uri.path.hasPrefix("/api/oauth/"), !response.headers.contains(.contentEncoding) else { return false }
        // A version is for If-Match, which wants it as it was.
        if response.headers.contains(.eTag), response.headers[.cacheControl] == "no-store" { return false }
        let type = response.headers[.contentType] ?? ""
        return types.contains { type.hasPrefix($0) }
    }

    /// RFC 9110, 12.5.3.
    static func takesGzip(_ header: String?) -> Bool {
        var others: Bool?
        for part in (header ?? "").lowercased().split(separator: ",") {
            let sides = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            let quality = sides.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if sides.first == "gzip" || sides.first == "x-gzip" { return quality > 0 }
            if sides.first == "*" { others = quality > 0 }
        }
        return others ?? false
    }
}

/// Takes a body that is in memory already.
private final class CollectingWriter: ResponseBodyWriter {
    private(set) var buffer = ByteBuffer()

    func write(_ part: ByteBuffer) async throws { buffer.writeImmutableBuffer(part) }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
