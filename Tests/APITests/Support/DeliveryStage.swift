import Foundation
import Postgres
import Primitives
import Synchronization
import TestSupport
import Testing

/// The API and a worker beside it, whose deliveries go to receivers on this machine.
struct DeliveryStage: Sendable {
    let api: TestAPI
    var client: Client { api.client }

    /// - Parameter trusting: a file of certificates, for receivers with TLS.
    static func run(trusting roots: String? = nil, _ body: (DeliveryStage) async throws -> Void) async throws {
        var rules = DeliveryScene.Rules()
        rules.roots = roots
        try await DeliveryScene.run(rules) { try await body(DeliveryStage(api: $0.api)) }
    }

    /// - Parameter schedule: seconds between attempts; nil for the usual ones.
    func webhook(_ url: String, schedule: String? = nil, type: String = "a.b") async throws -> String {
        let answer = try await client.post("/api/webhooks", #"{"eventType":"\#(type)","webhookUrl":"\#(url)"}"#)
        let id = try #require(answer.text("id"), "\(answer)")
        if let schedule, let endpoint = EndpointID(id) {
            _ = try await api.pool.query("UPDATE endpoints SET retry_schedule = '{\(schedule)}' WHERE id = $1", [.id(endpoint.value)])
        }
        return id
    }

    /// The delivery of a new event, which one endpoint wants.
    func publish(_ type: String = "a.b", data: String = "{}") async throws -> String {
        let answer = try await client.post("/api/events", #"{"event":"\#(type)","data":\#(data)}"#)
        let event = try await client.get("/api/events/\(answer.text("eventId") ?? "")")
        return try #require(event.text("deliveries.0.id"), "\(event)")
    }

    /// From its second attempt on: the first one may have its bound with it already.
    func allow(_ attempts: Int32, of delivery: String) async throws {
        let id = try #require(DeliveryID(delivery))
        _ = try await api.pool.query("UPDATE jobs SET max_attempts = $1 WHERE id = $2", [.int32(attempts), .id(id.value)])
    }

    func delivery(_ id: String) async throws -> Answer { try await client.get("/api/deliveries/\(id)") }

    /// The delivery as it is once something holds of it.
    func delivery(_ id: String, when what: String, _ holds: @escaping @Sendable (Answer) -> Bool) async throws -> Answer {
        try await eventually("the delivery \(what)") { holds(try await delivery(id)) }
        return try await delivery(id)
    }

    func ended(_ id: String) async throws -> Answer { try await delivery(id, when: "has ended") { $0.text("status") != "pending" } }
    func attempted(_ id: String, times: Int = 1) async throws -> Answer {
        try await delivery(id, when: "was attempted") { $0.count("attempts") ?? 0 >= times }
    }
}

extension Receiver {
    /// Answers the requests of all connections in turn; the last answer repeats.
    convenience init(answers: String...) {
        let left = Turns(answers)
        self.init { connection in
            while connection.readRequest() != nil { connection.write(left.next()) }
        }
    }
}

private final class Turns: Sendable {
    private let answers: [String]
    private let turn = Mutex(0)

    init(_ answers: [String]) { self.answers = answers }

    func next() -> String {
        turn.withLock { turn in
            defer { turn += 1 }
            return answers[min(turn, answers.count - 1)]
        }
    }
}

/// One answer as it goes over the wire.
func http(_ status: Int, _ headers: String..., body: String = "") -> String {
    let lines = ["HTTP/1.1 \(status) X"] + headers + ["content-length: \(body.utf8.count)"]
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
}
