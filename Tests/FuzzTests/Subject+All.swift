@testable import API
import Cron
import EventFilter
import FoundationEssentials
import HTTPDelivery
import HTTPTypes
@testable import Identity
import JSONSchema
import Jobs
import Ledger
import Primitives

extension Subject {
    static let all: [Subject] = ids + times + filters + addresses + json + oauth + texts

    private static let ids: [Subject] = [
        Subject("id", ["job_01jd2n8w5tq3v9k7x4m6b0c1yz", "job_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"]) { (text: String) in
            guard let id = JobID(text) else { return nil }
            return id.description == text.lowercased() && JobID(id.description) == id ? nil : "reads as \(id)"
        },
        Subject("log id", ["log_00r3qmq3vp0r00000000001wx9", "log_7zzzzzzzzzzzzzzzzzzzzzzzzz"]) { (text: String) in
            guard let id = LogID(text) else { return nil }
            return LogID(id.description) == id && id.isPossible != (id.value.high >= 1 << 63) || !id.isPossible ? nil : "reads as \(id)"
        },
        Subject("cursor", ["jobs_job_01jd2n8w5tq3v9k7x4m6b0c1yz", "event-types_636f75727365", "logs_log_00r3qmq3vp0r00000000001wx9", "operator-actions_17"]) { (text: String) in
            for list in ["jobs", "event-types", "logs", "operator-actions"] {
                guard let cursor = Cursor(text, list: list) else { continue }
                if cursor.text != text { return "becomes \(cursor.text)" }
                if let name = cursor.name, Cursor(list: list, name: name).name?.utf8.elementsEqual(name.utf8) != true { return "its name becomes another" }
            }
            return nil
        },
    ]

    private static let times: [Subject] = [
        Subject("time", ["2024-01-15T10:30:00Z", "2024-02-29t23:59:60.123456789+14:00", "0000-01-01 00:00:00-23:59", "9999-12-31T23:59:59.999Z"]) { (text: String) in
            guard let time = RFC3339.parse(text) else { return nil }
            // Times before the year 0, by their offset, are written with a sign that the standard does not have.
            let written = RFC3339.text(time)
            guard !written.hasPrefix("-"), written.utf8.count <= 27 else { return nil }
            return RFC3339.parse(written).map { abs($0 - time) < 1000 } == true ? nil : "is written as \(written)"
        },
        Subject("cron", ["*/5 2-4,6 * JAN-MAR MON", "0 0 29 2 *", "@every 90s", "30 0 0 1 1 *", "@yearly", "0 12 L * 5#3"]) { (text: String) in
            _ = try? CronExpression(text)
            return nil
        },
        Subject("retention", ["succeeded=7d,cancelled=7d,dead=90d,log=90d", "log=36500d"]) { (text: String) in
            _ = try? Retention(parsing: text)
            return nil
        },
    ]

    private static let filters: [Subject] = [
        Subject("event filter", [#"{"data.a":{"$gte":90},"$or":[{"type":"a.b"},{"/metadata/x~1y":{"$in":[1,"a",null]}}]}"#, #"{"$not":{"data":{"$not":{"$eq":{}}}}}"#]) {
            (text: String) in
            guard let json = try? RawJSON(Array(text.utf8)), let filter = try? EventFilter(json) else { return nil }
            let subject = FilterSubject(type: "a.b", data: json, metadata: json)
            return filter.matches(subject) == filter.matches(subject) ? nil : "changes its mind"
        },
        Subject("webhook secret pair", ["whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="]) { (text: String) in
            guard let secret = WebhookSecret(text) else { return nil }
            return WebhookSecret(secret.exposed)?.scheme == secret.scheme ? nil : "is shown as another"
        },
    ]

    private static let addresses: [Subject] = [
        Subject("network", ["192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.1/128", "0.0.0.0/0", "::/0", "fe80::1"]) { (text: String) in
            guard let network = try? Network(text) else { return nil }
            guard (try? Network(network.description)) == network else { return "is written as \(network)" }
            return network.contains(network) ? nil : "does not hold itself"
        },
        Subject("address range", ["10.0.0.0/8", "::1/128", "2001:db8::/32"]) { (text: String) in
            guard let range = AddressRange(text) else { return nil }
            return AddressRange(range.description) == range && range.contains(range.first) ? nil : "is written as \(range)"
        },
        Subject("address policy", ["127.0.0.0/8,::1/128", " 10.0.0.0/8 , fc00::/7"]) { (text: String) in
            _ = try? AddressPolicy.parse(list: text)
            return nil
        },
        Subject("target", ["https://example.com/hook?a=1", "https://[2001:db8::1]:8443/", "http://127.0.0.1:80", "https://xn--nxasmq6b/%41"]) { (text: String) in
            _ = try? DeliveryTarget(text, policy: AddressPolicy())
            return nil
        },
        Subject("proxies", ["192.0.2.1, 198.51.100.7:4711", "for=\"[2001:db8::1]:4711\";proto=https, for=192.0.2.1", "for=unknown", "[::1]:80"]) { (text: String) in
            for header in [TrustedProxies.Header.xForwardedFor, .forwarded] {
                for count in 1...3 {
                    var fields = HTTPFields()
                    fields[header == .xForwardedFor ? .xForwardedFor : .forwarded] = text
                    _ = TrustedProxies(count: count, header: header).client(of: fields, peer: nil)
                }
            }
            return nil
        },
    ]

    private static let json: [Subject] = [
        Subject("JSON", [#"{"a":[1,-2.5e3,"x\u00e4\ud83d\ude00",{"b":[true,false,null]}],"a":{}}"#, #"["\"\\\/\b\f\n\r\t"]"#, "0", #""""#]) { (bytes: [UInt8]) in
            guard let json = try? RawJSON(bytes) else { return nil }
            return walk(json)
        },
        Subject("fields", [#"{"name":"x","count":7,"at":"2024-01-15T10:30:00Z","list":["a","b"],"on":true,"inner":{"~/":1}}"#]) { (bytes: [UInt8]) in
            guard let json = try? RawJSON(bytes) else { return nil }
            var fields = Fields(json)
            fields.allow(only: ["name", "count", "at", "list", "on", "inner"])
            _ = (fields.text("name", required: true, longest: 3), fields.integer("count", in: 0...9), fields.time("at"), fields.texts("list", most: 2, longest: 2))
            _ = (fields.boolean("on"), fields.object("inner"))
            return nil
        },
        Subject("redaction", [#"{"password":"x","a":{"b":["vk_abcdefghjkmn_0123456789012345678901234567890123456789012"]},"list":[{"token":1}]}"#, #""Bearer abc""#]) { (bytes: [UInt8]) in
            let text = BodyRedaction(rules: ["/a/b", "e-mail"]).text(of: bytes)
            if text.utf8.count > BodyRedaction.longest { return "is longer than it may be" }
            guard (try? RawJSON(bytes)) != nil, bytes.count < 4096 else { return nil }
            return (try? RawJSON(Array(text.utf8))) == nil ? "is no JSON any more: \(text)" : nil
        },
        Subject("schema", [#"{"type":"object","properties":{"a":{"pattern":"^(a|b)*c{2,3}[x-z]$","minimum":1.5}},"required":["a"]}"#, ##"{"$ref":"#/$defs/x","$defs":{"x":{"items":{"$ref":"#"}}}}"##]) { (bytes: [UInt8]) in
            guard let json = try? RawJSON(bytes), let schema = try? CompiledSchema(json) else { return nil }
            _ = schema.faults(in: json)
            return nil
        },
    ]

    private static let oauth: [Subject] = [
        Subject("form", ["grant_type=authorization_code&code=voc_x&redirect_uri=https%3A%2F%2Fa%2Fb%3Fc%3Dd", "a=1&a=2&&b", "%C3%A4=+"]) { (bytes: [UInt8]) in
            guard let form = try? FormFields(bytes) else { return nil }
            let written = FormText.encode(form.pairs)
            guard written.utf8.count <= FormFields.mostBytes else { return nil }
            guard let again = try? FormFields(written.utf8) else { return "cannot be read again: \(written)" }
            return again.pairs.elementsEqual(form.pairs, by: { $0.name == $1.name && $0.value == $1.value }) ? nil : "becomes \(written)"
        },
        Subject("token header", ["eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImEifQ.e30.AAAA", "eyJhbGciOiJub25lIn0.e30."]) { (text: String) in
            _ = TokenHeader(of: text)
            return nil
        },
        Subject("proof of possession", [proof, "eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AAAA"]) { (text: String) in
            let found = try? DPoPProof(verifying: text, method: "POST", url: "https://a.example/api/oauth/token", now: 1_700_000_000)
            return found == nil ? nil : "a forged proof is taken"
        },
        Subject("redirect", ["https://a.example/cb?x=1", "http://127.0.0.1:8080/cb", "http://[::1]/cb", "com.example.app:/cb"]) { (text: String) in
            guard let redirect = try? RedirectURI(registering: text) else { return nil }
            return redirect.matches(text) ? nil : "does not match itself"
        },
        Subject("opaque token", ["voc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "vor_", "vk_abcdefghjkmn_0123456789012345678901234567890123456789012"]) { (text: String) in
            for use in [OpaqueToken.Use.code, .refresh, .clientSecret, .registration] { _ = OpaqueToken(text, use)?.hash }
            _ = (APIKeySecret(text)?.hash, SessionSecret(text)?.hash, PKCE.isVerifier(text), try? PKCE(challenge: text, method: "S256"))
            return nil
        },
        Subject("password hash", ["$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]) { (text: String) in
            _ = PasswordHash(text)
            return nil
        },
    ]

    private static let proof =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoiQUFBQSIsInkiOiJCQkJCIn19.eyJqdGkiOiJhIiwiaHRtIjoiUE9TVCIsImlhdCI6MTcwMDAwMDAwMH0.AAAA"

    private static let texts: [Subject] = [
        Subject("trace", ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-x"]) { (text: String) in
            guard let trace = TraceContext(stored: text) else { return nil }
            return TraceContext(stored: trace.stored)?.traceID == trace.traceID ? nil : "is stored as \(trace.stored)"
        },
        Subject("webhook secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"]) { (text: String) in
            guard let secret = WebhookSecret(text) else { return nil }
            return WebhookSecret(secret.exposed)?.bytes == secret.bytes ? nil : "is shown as another"
        },
        Subject("lane", ["imports", "ws_01jd2n8w5tq3v9k7x4m6b0c1yz:imports", "whk_01jd2n8w5tq3v9k7x4m6b0c1yz"]) { (text: String) in
            let workspace = WorkspaceID(Identifier(high: 1, low: 2))
            guard LaneName.isValid(text) else { return nil }
            return LaneName.shown(LaneName.stored(text, workspace: workspace), workspace: workspace) == text ? nil : "is shown as another"
        },
        Subject("error text", ["timeout after 1500 ms at https://a.example/x?y=1 for user 01jd2n8w5tq3v9k7x4m6b0c1yz"]) { (text: String) in
            _ = Fingerprint.normalised(text)
            return SecretText.isLikely(text) && text.utf8.isEmpty ? "nothing is no secret" : nil
        },
    ]

    private static func walk(_ json: RawJSON) -> String? {
        if let text = json.string, text.utf8.count > json.byteCount { return "a string grows" }
        _ = (json.integer, json.boolean, json.text)
        for value in (json.members?.map(\.value) ?? []) + (json.elements ?? []) {
            guard (try? RawJSON(Array(value.text.utf8))) != nil else { return "a part is no JSON: \(value.text)" }
            if let fault = walk(value) { return fault }
        }
        return nil
    }
}
