import Foundation
import HTTPDelivery
import Primitives

/// Speaks to the APIs as a customer's program does: over HTTP, to whichever of them is there.
struct Customer: Sendable {
    private static let patience = Duration.seconds(10)
    private static let longestAnswer = 1 << 20

    let client: DeliveryClient
    let key: String
    let addresses: @Sendable () -> [String]

    static let policy: AddressPolicy = {
        var policy = AddressPolicy(requiresHTTPS: false)
        policy.allowed = (try? AddressPolicy.parse(list: "127.0.0.0/8")) ?? []
        return policy
    }()

    struct Answer: Sendable {
        var status: Int
        var body: Data
    }

    /// Nil when no API is there, or none answered.
    func post(_ path: String, _ body: String, idempotencyKey: String? = nil) async -> Answer? {
        guard let base = addresses().randomElement(), let target = try? DeliveryTarget(base + path, policy: Self.policy) else { return nil }
        var headers = [(name: "authorization", value: "Bearer \(key)"), (name: "content-type", value: "application/json")]
        if let idempotencyKey { headers.append((name: "idempotency-key", value: idempotencyKey)) }
        var request = DeliveryRequest(url: target, headers: headers, body: Array(body.utf8))
        request.timeout = Self.patience
        request.maxResponseBytes = Self.longestAnswer
        guard let response = try? await client.send(request) else { return nil }
        return Answer(status: response.status, body: Data(response.body))
    }
}
