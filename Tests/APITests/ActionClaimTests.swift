import Foundation
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

/// Claims of actions that are not one transaction of their own.
@Suite struct ActionClaimTests {
    @Test func `a claim that was taken over is answered and given back by its new owner only`() async throws {
        try await TestAPI.run { api in
            let claims = ActionClaims(pool: api.pool)
            let claim = IdempotencyClaim(workspace: api.workspace, key: "k", fingerprint: [1, 2, 3])
            let (slow, next) = (IdentifierSource.system.next(), IdentifierSource.system.next())
            #expect(Self.name(try await claims.take(claim, for: slow)) == "granted")
            #expect(Self.name(try await claims.take(claim, for: next)) == "inProgress")
            _ = try await api.pool.query("UPDATE idempotency_keys SET created_at = now() - interval '2 minutes'")
            #expect(Self.name(try await claims.take(claim, for: next)) == "granted")
            try await claims.store("slow", for: claim, of: slow)
            try await claims.giveBack(claim, of: slow)
            #expect(Self.name(try await claims.take(claim, for: slow)) == "inProgress")
            try await claims.store("next", for: claim, of: next)
            #expect(Self.name(try await claims.take(claim, for: slow)) == "replayed next")
            let other = IdempotencyClaim(workspace: api.workspace, key: "k", fingerprint: [4])
            #expect(Self.name(try await claims.take(other, for: slow)) == "mismatch")
        }
    }

    @Test func `a claim whose owner is gone is taken over by the same request only`() async throws {
        try await TestAPI.run { api in
            let claims = ActionClaims(pool: api.pool)
            let claim = IdempotencyClaim(workspace: api.workspace, key: "k", fingerprint: [1])
            #expect(Self.name(try await claims.take(claim, for: IdentifierSource.system.next())) == "granted")
            for (age, verdict) in [("58 seconds", "inProgress"), ("61 seconds", "granted")] {
                _ = try await api.pool.query("UPDATE idempotency_keys SET created_at = now() - interval '\(age)'")
                let other = IdempotencyClaim(workspace: api.workspace, key: "k", fingerprint: [2])
                #expect(Self.name(try await claims.take(other, for: IdentifierSource.system.next())) == "mismatch")
                #expect(Self.name(try await claims.take(claim, for: IdentifierSource.system.next())) == verdict, "\(age)")
            }
        }
    }

    @Test func `an action that was refused does not use its key up`() async throws {
        try await TestAPI.run { api in
            try await api.openIndex()
            let job = try await api.makeJob()
            let headers = ["Idempotency-Key": "k"]
            for _ in 0..<2 {
                let refused = try await api.client.post("/api/jobs/\(job)/retry", "{}", headers: headers)
                #expect(refused.isProblem(409, "job_not_retryable"), "\(refused)")
            }
            try await api.bury(job)
            #expect(try await api.client.post("/api/jobs/\(job)/retry", "{}", headers: headers).status == 202)
        }
    }

    @Test func `an order on dead letters that comes again moves no further ones`() async throws {
        try await TestAPI.run { api in
            for _ in 0..<4 { try await api.bury(try await api.makeJob()) }
            let order = #"{"filter":{},"limit":2}"#
            let first = try await api.client.post("/api/dead-letters/discard", order, headers: ["Idempotency-Key": "o"])
            let again = try await api.client.post("/api/dead-letters/discard", order, headers: ["Idempotency-Key": "o"])
            #expect(first.int("discarded") == 2 && again.body == first.body && again.headers["idempotent-replayed"] == "true", "\(again)")
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE state = 'dead'") == 2)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a key that names an action is answered alike, whatever the action was`() async throws {
        try await TestAPI.run { api in
            let job = try await api.makeJob()
            let headers = ["Idempotency-Key": "c"]
            let cancelled = try await api.client.post("/api/jobs/\(job)/cancel", "{}", headers: headers)
            let again = try await api.client.post("/api/jobs/\(job)/cancel", "{}", headers: headers)
            #expect([200, 202].contains(cancelled.status) && again.status == cancelled.status && again.body == cancelled.body && again.headers["idempotent-replayed"] == "true", "\(again)")
            #expect(try await api.client.post("/api/jobs/\(job)/cancel", #"{"reason":"x"}"#, headers: headers).isProblem(422, "idempotency_key_reused"))
            let lane = #"{"queue":"default","lane":"a","reason":"r"}"#
            let paused = try await api.client.post("/api/lanes/pause", lane, headers: ["Idempotency-Key": "l"])
            #expect(try await api.client.post("/api/lanes/pause", lane, headers: ["Idempotency-Key": "l"]).body == paused.body && paused.status == 200)
        }
    }

    private static func name(_ verdict: ActionClaims.Verdict) -> String {
        switch verdict {
        case .granted: "granted"
        case .replayed(let answer): "replayed \(answer)"
        case .mismatch: "mismatch"
        case .inProgress: "inProgress"
        }
    }
}
