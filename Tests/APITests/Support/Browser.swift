import Foundation
import Identity
import Synchronization

/// A browser with one window: it keeps cookies as it is told, follows redirects within this server when asked to, and fills in forms.
final class Browser: Sendable {
    let port: Int
    private let jar = Mutex<[String: String]>([:])

    init(port: Int) { self.port = port }

    var cookies: [String: String] {
        get { jar.withLock { $0 } }
        set { jar.withLock { $0 = newValue } }
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> PlainHTTP.Reply { try await send("GET", path, headers: headers) }

    func post(_ path: String, _ fields: [(String, String)], headers: [String: String] = [:]) async throws -> PlainHTTP.Reply {
        try await post(path, body: FormText.encode(fields.map { (name: $0.0, value: $0.1) }), headers: headers)
    }

    func post(_ path: String, body: String, type: String = "application/x-www-form-urlencoded", headers: [String: String] = [:]) async throws -> PlainHTTP.Reply {
        try await send("POST", path, body: body, headers: ["Content-Type": type].merging(headers) { $1 })
    }

    func send(_ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:]) async throws -> PlainHTTP.Reply {
        var request = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        let cookies = jar.withLock { $0.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ") }
        if !cookies.isEmpty { request += "Cookie: \(cookies)\r\n" }
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        if let body { request += "Content-Length: \(body.utf8.count)\r\n" }
        let reply = try await PlainHTTP.send(port: port, request + "\r\n" + (body ?? ""))
        for field in reply.fields where field.name == "set-cookie" { keep(field.value) }
        return reply
    }

    private func keep(_ cookie: String) {
        let sides = (cookie.split(separator: ";").first ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2 else { return }
        jar.withLock { $0[String(sides[0])] = sides[1].isEmpty ? nil : String(sides[1]) }
    }

    /// The page at the end of redirects that stay with the sign-in.
    func follow(_ reply: PlainHTTP.Reply) async throws -> PlainHTTP.Reply {
        var reply = reply
        for _ in 0..<5 {
            guard reply.status == 303, let location = reply["location"], !location.contains("://"), !location.hasPrefix("com.") else { return reply }
            reply = try await get("/api/oauth/" + location)
        }
        return reply
    }

    /// Sends the page's form with this action, its hidden fields and what is typed.
    func submit(_ page: PlainHTTP.Reply, _ action: String, _ typed: [(String, String)] = [], headers: [String: String] = [:]) async throws -> PlainHTTP.Reply {
        guard let form = page.form(action) else { throw Unexpected(description: "no form \(action): \(page)") }
        return try await post("/api/oauth/\(action)", form + typed, headers: headers)
    }
}

extension PlainHTTP.Reply {
    /// The hidden fields of the form with this action.
    func form(_ action: String) -> [(String, String)]? {
        guard let start = body.firstRange(of: "action=\"\(action)\""), let end = body[start.upperBound...].firstRange(of: "</form>") else { return nil }
        return body[start.upperBound..<end.lowerBound].matches(of: /<input type="hidden" name="([^"]*)" value="([^"]*)">/).map {
            (String($0.1), Self.unescape(String($0.2)))
        }
    }

    private static func unescape(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(text) { $0.replacing($1.0, with: $1.1) }
    }

    /// The parameters of where it redirects to; nil when it does not.
    var answer: [String: String]? {
        guard status == 303, let location = self["location"], let mark = location.firstIndex(of: "?") else { return nil }
        var answer: [String: String] = [:]
        for pair in location[location.index(after: mark)...].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            answer[String(sides[0])] = sides.count == 2 ? String(sides[1]).removingPercentEncoding : ""
        }
        return answer
    }

    /// Whether it is a page with the manners of one.
    func isPage(_ status: Int, _ title: String) -> Bool {
        self.status == status && self["content-type"] == "text/html; charset=utf-8" && body.contains("<h1>\(title)</h1>") && isMannered
    }

    var isMannered: Bool {
        self["cache-control"] == "no-store" && self["referrer-policy"] == "no-referrer" && self["x-frame-options"] == "DENY"
            && self["access-control-allow-origin"] == nil
    }
}
