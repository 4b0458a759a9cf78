package import Primitives

/// The payload as it lies in the ledger: `{"endpointId":"whk_…","body":{…}}`, the body as it was published, not wrapped into a string. So an
/// operator can read and edit it, nothing is escaped on the way in and out, and the bytes that are signed are found, not made.
extension WebhookDeliverJob {
    private static let opening = Array(#"{"endpointId":""#.utf8)
    private static let middle = Array(#"","body":"#.utf8)

    /// - Parameter body: a JSON text.
    package static func payload(endpoint: EndpointID, body: String) -> String { "{\"endpointId\":\"\(endpoint)\",\"body\":\(body)}" }

    package static func decode(_ payload: String) throws -> WebhookDeliverJob {
        var payload = payload
        if let job = payload.withUTF8({ written($0) }) { return job }
        let members = try? RawJSON(Array(payload.utf8))
        guard let members, let endpoint = members["endpointId"]?.string.flatMap({ EndpointID($0) }) else {
            throw complaint(members == nil ? [] : [CodingKeys.endpointId], "an id that begins with whk_ is expected")
        }
        guard let body = members["body"], !body.isNull else { throw complaint([CodingKeys.body], "a body is expected") }
        // A body inside a string is what releases before this form have left in the ledger.
        return WebhookDeliverJob(endpointId: endpoint, body: body.string ?? body.text)
    }

    /// Exactly as `payload(endpoint:body:)` writes it, which is nearly every one: found without a parser. Nil sends it to the parser.
    private static func written(_ bytes: UnsafeBufferPointer<UInt8>) -> WebhookDeliverJob? {
        let idLength = Endpoint.prefix.utf8.count + 1 + Identifier.textLength
        let start = opening.count + idLength + middle.count
        guard bytes.count > start, bytes.starts(with: opening), bytes[(opening.count + idLength)...].starts(with: middle),
            let endpoint = EndpointID(String(decoding: bytes[opening.count..<opening.count + idLength], as: UTF8.self)),
            // The body closes just before the payload does: no member follows it.
            let end = JSONText.endOfObject(in: bytes, from: start), end == bytes.count - 1, bytes[end] == UInt8(ascii: "}")
        else { return nil }
        return WebhookDeliverJob(endpointId: endpoint, body: String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private static func complaint(_ path: [CodingKeys], _ what: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: path, debugDescription: what))
    }
}
