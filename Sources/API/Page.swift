import HTTPTypes
import Hummingbird

/// What a list answers: `{data, nextCursor}`, and where the next page is as a `Link` header.
struct Page {
    static let limits = 1...200
    static let usualLimit = 50

    /// - Parameter rows: one more than the limit when there is a next page.
    static func response<Row>(
        _ rows: [Row], limit: Int, for request: Request, cursor: (Row) -> Cursor, json: (Row) throws -> JSON
    ) rethrows -> Response {
        let shown = rows.prefix(limit)
        return try self.response(shown, next: rows.count > limit ? shown.last.map(cursor) : nil, for: request, json: json)
    }

    /// - Parameter next: where the list goes on; nil at its end.
    static func response<Row>(_ shown: some Collection<Row>, next: Cursor?, for request: Request, json: (Row) throws -> JSON) rethrows -> Response {
        let next = next?.text
        var response = Response(.ok, ["data": .array(try shown.map(json)), "nextCursor": .optional(next)])
        if let next { response.headers[.link] = "<\(target(of: request, cursor: next))>; rel=\"next\"" }
        return response
    }

    /// A page of a list that can be walked both ways.
    static func response(_ shown: [JSON], next: Cursor?, previous: Cursor?, for request: Request) -> Response {
        var response = Response(.ok, ["data": .array(shown), "nextCursor": .optional(next?.text), "previousCursor": .optional(previous?.text)])
        let links = [(next, "next"), (previous, "prev")].compactMap { cursor, way in
            cursor.map { "<\(target(of: request, cursor: $0.text))>; rel=\"\(way)\"" }
        }
        if !links.isEmpty { response.headers[.link] = links.joined(separator: ", ") }
        return response
    }

    /// The same request with another cursor. A cursor needs no escaping.
    private static func target(of request: Request, cursor: String) -> String {
        let others = (request.uri.query ?? "").split(separator: "&").filter { $0 != "cursor" && !$0.hasPrefix("cursor=") }
        return request.uri.path + "?" + (others.map(String.init) + ["cursor=\(cursor)"]).joined(separator: "&")
    }
}

extension Response {
    init(_ status: HTTPResponse.Status, _ json: JSON) {
        self.init(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json.text)))
    }

    /// Marks an answer as the one that the first request with the key got.
    func replayed(_ isReplayed: Bool) -> Response {
        var response = self
        if isReplayed { response.headers[.idempotentReplayed] = "true" }
        return response
    }
}
