import Foundation
import FoundationNetworking

/// An HTTP client that hides nothing of the answer.
struct Client: Sendable {
    let port: Int
    let key: String?

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 64
        configuration.timeoutIntervalForRequest = 60
        return URLSession(configuration: configuration)
    }()

    func with(key: String?) -> Client { Client(port: port, key: key) }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer { try await send("GET", path, headers: headers) }

    func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, body: Data(body.utf8), headers: headers)
    }

    /// - Parameter headers: beside the key and the content type, or in their place.
    func send(_ method: String, _ path: String, body: Data? = nil, headers: [String: String] = [:]) async throws -> Answer {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await Self.session.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        var found: [String: String] = [:]
        for (name, value) in response.allHeaderFields { found["\(name)".lowercased()] = "\(value)" }
        return Answer(status: response.statusCode, headers: found, body: String(decoding: data, as: UTF8.self))
    }
}

struct Answer: Sendable, CustomStringConvertible {
    let status: Int
    /// Names in small letters.
    let headers: [String: String]
    let body: String

    var description: String { "\(status) \(headers) \(body)" }

    /// The value at a path such as `errors.0.pointer`.
    func value(_ path: String) -> Any? {
        var value = try? JSONSerialization.jsonObject(with: Data(body.utf8))
        for step in path.split(separator: ".") {
            if let index = Int(step), let array = value as? [Any] {
                value = array.indices.contains(index) ? array[index] : nil
            } else {
                value = (value as? [String: Any])?[String(step)]
            }
        }
        return value
    }

    func text(_ path: String) -> String? { value(path) as? String }
    func int(_ path: String) -> Int? { (value(path) as? NSNumber)?.intValue }
    func bool(_ path: String) -> Bool? { value(path) as? Bool }
    func count(_ path: String) -> Int? { (value(path) as? [Any])?.count }
    /// A member of each element of an array.
    func texts(_ path: String, _ member: String) -> [String] { (value(path) as? [[String: Any]])?.compactMap { $0[member] as? String } ?? [] }

    /// Whether it is a problem as RFC 9457 and our contract have it.
    func isProblem(_ status: Int, _ code: String) -> Bool {
        self.status == status && headers["content-type"] == "application/problem+json" && int("status") == status && text("code") == code
            && ["type", "title", "detail"].allSatisfy { text($0)?.isEmpty == false } && text("requestId") == headers["x-request-id"]
    }
}
