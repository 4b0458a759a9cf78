import Foundation
import Glibc
import LocalStack
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct Up {
        @Test func `up says where it is, keeps data and key over a restart, and stops what it started`() async throws {
            let receiver = try await Receiver.start()
            let up = try await UpSystem()
            defer { up.cleanUp() }
            let first = up.run
            let attributes = try FileManager.default.attributesOfItem(atPath: up.data + "/run.json")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            #expect(first.workspaceId.hasPrefix("ws_"))
            #expect(first.databaseUrl.hasPrefix("postgres://") && first.redisUrl.hasPrefix("unix://"))
            #expect(Set(first.pids.keys) == ["voicera", "postgres", "redis"])
            #expect(first.pids["voicera"] == up.process.pid)
            #expect(first.pids.values.allSatisfy(UpSystem.isRunning))
            for name in ["secret.key", "access.json"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(up.data)/\(name)")
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            }

            let endpoint = try await up.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"\#(receiver.url())"}"#)
            #expect(endpoint.status == 201)
            #expect(try await up.client.post("/api/events", #"{"event":"a.b","eventId":"one","data":{}}"#).status == 202)
            try await eventually("the event is delivered") { receiver.distinctCount == 1 }

            up.process.signal(SIGTERM)
            #expect(try await up.process.wait() == .exited(0))
            #expect(!FileManager.default.fileExists(atPath: up.data + "/run.json"))
            #expect(!first.pids.values.contains(where: UpSystem.isRunning))

            let begun = ContinuousClock.now
            try await up.startAgain()
            note("a second `up` on its data is ready after \(ContinuousClock.now - begun)")
            #expect(up.run.apiKey == first.apiKey)
            #expect(up.run.workspaceId == first.workspaceId)
            #expect(try await up.client.get("/api/events/one").status == 200)
            // The endpoint's sealed secret opens with the kept key.
            #expect(try await up.client.post("/api/events", #"{"event":"a.b","data":{}}"#).status == 202)
            try await eventually("the second event is delivered") { receiver.distinctCount == 2 }
            up.process.signal(SIGTERM)
            #expect(try await up.process.wait() == .exited(0))
            await receiver.stop()
        }

        @Test func `a killed up is followed by one that takes over its servers and its jobs`() async throws {
            let receiver = try await Receiver.start()
            let up = try await UpSystem()
            defer { up.cleanUp() }
            let first = up.run
            #expect(try await up.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"\#(receiver.url())"}"#).status == 201)
            receiver.behave(.hold())
            for _ in 1...10 { #expect(try await up.client.post("/api/events", #"{"event":"a.b","data":{}}"#).status == 202) }
            try await eventually("ten deliveries are running") { receiver.heldCount == 10 }
            receiver.behave(.answer(200))
            up.process.kill()
            #expect(try await up.process.wait() == .killed(by: SIGKILL))

            try await up.startAgain()
            #expect(up.run.pids["postgres"] == first.pids["postgres"], "the server that still runs is taken over")
            #expect(up.run.pids["redis"] == first.pids["redis"])
            try await eventually("what was running is delivered", within: .seconds(15)) {
                receiver.arrivals.filter { $0.answeredAt != nil }.count == 10
            }
            try await eventually("the audit balances", within: .seconds(20)) {
                let audit = try ChildProcess.voicera("audit", environment: ["DATABASE_URL": up.run.databaseUrl, "REDIS_URL": up.run.redisUrl])
                return try await audit.wait() == .exited(0) && audit.outputLines.contains { $0.hasPrefix("accepted 10 = succeeded 10 ") }
            }
            up.process.signal(SIGTERM)
            #expect(try await up.process.wait() == .exited(0))
            #expect(!up.run.pids.values.contains(where: UpSystem.isRunning))
            await receiver.stop()
        }
    }
}
