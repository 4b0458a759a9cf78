import Jobs
import Ledger
import Primitives

/// Headers of an endpoint's own: `{"x-team": "a", "authorization": {"value": "Bearer …", "secret": true}}`.
enum WebhookHeaderFields {
    static let most = 20
    static let longestName = 64
    static let longestValue = 1024
    /// What frames the message, what proxies on the way act on, and what receivers know us by.
    static let forbidden = [
        "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host", "http2-settings",
        "keep-alive", "te", "traceparent",
        "tracestate", "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]
    static let forbiddenBeginnings = ["webhook-", "proxy-", "voicera-"]

    static func read(_ body: inout Fields) -> EndpointHeaders {
        guard let json = body.object("headers"), let members = json.members else { return EndpointHeaders() }
        var headers: [EndpointHeaders.Header] = []
        var fields = Fields(json, at: body.pointer(to: "headers"))
        for name in fields.names {
            let value = fields.value(name)
            guard let value else { continue }
            let plain = name.lowercased()
            if let objection = objection(to: plain) {
                fields.refuse(name, objection)
            } else if headers.contains(where: { $0.name == plain }) {
                fields.refuse(name, "is there twice, in another case")
            } else if let header = header(plain, value, name, &fields) {
                headers.append(header)
            }
        }
        if members.count > most { body.refuse("headers", "must not have more than \(most)") }
        body.add(fields.faults)
        return EndpointHeaders(headers.sorted { $0.name < $1.name })
    }

    private static func header(_ plain: String, _ json: RawJSON, _ name: String, _ fields: inout Fields) -> EndpointHeaders.Header? {
        if let text = json.string {
            guard isValue(text) else { return fields.refused(name, rule) }
            return EndpointHeaders.Header(name: plain, value: Redacted(text), isSecret: SecretText.isSecret(headerName: plain))
        }
        guard json.kind == .object else { return fields.refused(name, "must be a string, or an object with value and secret") }
        var parts = Fields(json, at: fields.pointer(to: name))
        parts.allow(only: ["value", "secret"])
        let value = parts.text("value", required: true, longest: longestValue)
        if let value, !isValue(value) { parts.refuse("value", rule) }
        let isSecret = parts.boolean("secret") ?? SecretText.isSecret(headerName: plain)
        fields.add(parts.faults)
        return value.map { EndpointHeaders.Header(name: plain, value: Redacted($0), isSecret: isSecret) }
    }

    /// - Parameter name: in lower case.
    static func objection(to name: String) -> String? {
        guard (1...longestName).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            return "is no name of a header of at most \(longestName) characters"
        }
        if forbidden.contains(name) || forbiddenBeginnings.contains(where: name.hasPrefix) { return "is a header that only we set" }
        return nil
    }

    private static var rule: String { "must be 1 to \(longestValue) printable ASCII characters without space at either end" }

    private static func isValue(_ text: String) -> Bool {
        (1...longestValue).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) } && text.utf8.first != 0x20 && text.utf8.last != 0x20
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Values of secret ones are shown to nobody.
    static func json(_ headers: EndpointHeaders) -> JSON {
        .object(
            headers.all.map { header in
                (header.name, ["value": header.isSecret ? .null : .string(header.value.exposed), "secret": .bool(header.isSecret)])
            })
    }
}
