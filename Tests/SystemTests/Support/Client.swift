import Foundation
import FoundationNetworking

/// Speaks to the API as a customer's program does.
struct Client: Sendable {
    let baseURL: String
    let key: String

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 32
        configuration.timeoutIntervalForRequest = 30
        return URLSession(configuration: configuration)
    }()

    func get(_ path: String) async throws -> Answer { try await send("GET", path, nil) }
    func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, body, headers)
    }

    private func send(_ method: String, _ path: String, _ body: String?, _ headers: [String: String] = [:]) async throws -> Answer {
        guard let url = URL(string: baseURL + path) else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization")
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await Self.session.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        return Answer(
            status: response.statusCode, contentType: response.value(forHTTPHeaderField: "Content-Type") ?? "",
            retryAfter: response.value(forHTTPHeaderField: "Retry-After"), body: data)
    }
}

struct Answer: Sendable, CustomStringConvertible {
    let status: Int
    let contentType: String
    let retryAfter: String?
    let body: Data

    var description: String { "\(status) \(String(decoding: body, as: UTF8.self))" }

    func text(_ member: String) -> String? { object?[member] as? String }
    /// One member of each object in an array.
    func texts(_ array: String, _ member: String) -> [String] {
        (object?[array] as? [[String: Any]])?.compactMap { $0[member] as? String } ?? []
    }

    private var object: [String: Any]? { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] }
}
