package import Primitives

/// The payload as it lies in the ledger: `{"endpointId":"whk_…","body":{…}}`, the body as it was published, not wrapped into a string. So an
/// operator can read and edit it, nothing is escaped on the way in and out, and the bytes that are signed are found, not made.
///
/// A replayed delivery has more: `{"endpointId":"whk_…","isReplay":true,"firstId":"dlv_…","url":"https://…","body":{…}}`, the id and the URL only
/// where there is one. A dead letter may be given a `url` of its own too, and `headers` that go before the endpoint's.
extension WebhookDeliverJob {
    /// What a delivery has that was made anew.
    package struct Replay: Sendable, Equatable {
        /// Receivers know the message by it; nil when this is the first delivery of its event to the endpoint.
        package var first: DeliveryID?
        /// Instead of the endpoint's own.
        package var url: String?

        package init(first: DeliveryID?, url: String? = nil) {
            self.first = first
            self.url = url
        }
    }

    private static let opening = Array(#"{"endpointId":""#.utf8)
    private static let middle = Array(#"","body":"#.utf8)

    /// - Parameter body: a JSON text.
    package static func payload(endpoint: EndpointID, body: String) -> String { "{\"endpointId\":\"\(endpoint)\",\"body\":\(body)}" }

    package static func payload(endpoint: EndpointID, body: String, replay: Replay) -> String {
        var payload = "{\"endpointId\":\"\(endpoint)\",\"isReplay\":true"
        if let first = replay.first { payload += ",\"firstId\":\"\(first)\"" }
        if let url = replay.url {
            payload += ",\"url\":"
            JSONText.append(url, to: &payload)
        }
        return payload + ",\"body\":\(body)}"
    }

    /// The same payload, marked as a replay: a dead delivery that runs again by a recovery. Whatever an operator has written into it stays.
    package static func flagged(_ payload: String) -> String {
        guard let members = try? RawJSON(Array(payload.utf8)).members, members.last(where: { $0.name == "isReplay" })?.value.boolean != true else {
            return payload
        }
        let others = members.filter { $0.name != "isReplay" }.map { JSONText.quoted($0.name) + ":" + $0.value.text }
        return "{" + (others + ["\"isReplay\":true"]).joined(separator: ",") + "}"
    }

    package static func decode(_ payload: String) throws -> WebhookDeliverJob {
        var payload = payload
        if let job = payload.withUTF8({ written($0) }) { return job }
        let members = try? RawJSON(Array(payload.utf8))
        guard let members, let endpoint = members["endpointId"]?.string.flatMap({ EndpointID($0) }) else {
            throw complaint(members == nil ? [] : [CodingKeys.endpointId], "an id that begins with whk_ is expected")
        }
        guard let body = members["body"], !body.isNull else { throw complaint([CodingKeys.body], "a body is expected") }
        // A body inside a string is what releases before this form have left in the ledger.
        var job = WebhookDeliverJob(endpointId: endpoint, body: body.string ?? body.text)
        job.isReplay = members["isReplay"]?.boolean ?? false
        if let first = members["firstId"], !first.isNull {
            guard let id = first.string.flatMap({ DeliveryID($0) }) else { throw complaint([CodingKeys.firstId], "an id that begins with dlv_ is expected") }
            job.firstId = id
        }
        if let url = members["url"], !url.isNull {
            guard let text = url.string else { throw complaint([CodingKeys.url], "a URL is expected") }
            job.url = text
        }
        if let headers = members["headers"], !headers.isNull { job.headers = try Self.headers(headers) }
        return job
    }

    private static func headers(_ json: RawJSON) throws -> [String: String] {
        guard let members = json.members else { throw complaint([CodingKeys.headers], "an object is expected") }
        var headers: [String: String] = [:]
        for member in members {
            guard let value = member.value.string else { throw complaint([CodingKeys.headers], "texts are expected") }
            headers[member.name.lowercased()] = value
        }
        return headers
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
