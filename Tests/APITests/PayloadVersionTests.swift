import HTTPDelivery
import Identity
import Jobs
import Ledger
import Primitives
import Queue
import TestSupport
import Testing

/// A kind whose payload has changed its shape.
private struct RenamedJob: Job {
    static let kind = "test.renamed"
    static let payloadVersion = 3

    var name: String

    static func upgrade(_ payload: String, from version: Int) throws -> String {
        guard version == 2 else { throw Unexpected(description: "too old") }
        return payload.replacing("\"title\"", with: "\"name\"")
    }

    func perform(_ context: JobContext) async -> Outcome { .succeeded(result: "\"\(name)\"") }
}

@Suite struct PayloadVersionTests {
    private func perform(_ payload: String, version: Int16) async throws -> Outcome {
        var outcome: Outcome?
        try await TestAPI.run { api in
            let delivery = try DeliveryClient(policy: AddressPolicy())
            let performer = JobPerformer(
                registry: JobRegistry([RenamedJob.self]),
                services: JobServices(
                    delivery: delivery,
                    endpoints: EndpointDirectory(
                        pool: api.pool, sealer: try Sealer(secret: Redacted(Sealer.randomKey())), targets: AddressPolicy()), guardian: EndpointGuard(pool: api.pool)))
            let job = RunnableJob(
                id: IdentifierSource.system.next(), workspace: api.workspace, kind: RenamedJob.kind, lane: "lane", priority: 0, payload: payload,
                attempt: 1, failures: 0, maxAttempts: 5, trace: nil, payloadVersion: version)
            outcome = await performer.perform(job)
            await delivery.shutDown()
        }
        return try #require(outcome)
    }

    @Test func `a payload of an older version is upgraded before it is decoded`() async throws {
        for (payload, version) in [(#"{"title":"x"}"#, Int16(2)), (#"{"name":"x"}"#, 3)] {
            guard case .succeeded(_, result: "\"x\"") = try await perform(payload, version: version) else {
                throw Unexpected(description: "version \(version) did not succeed")
            }
        }
        guard case .failed(let failure) = try await perform(#"{"title":"x"}"#, version: 1) else { throw Unexpected(description: "it did not fail") }
        #expect(failure.code == "undecodable_payload")
    }

    @Test func `a payload of a newer version waits for a worker that knows it`() async throws {
        guard case .snoozed(.seconds(60), _, _) = try await perform(#"{"name":"x"}"#, version: 4) else { throw Unexpected(description: "it was not snoozed") }
    }
}
