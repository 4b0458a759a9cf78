import LocalStack
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct SecretsStaySecret {
        @Test func `no secret comes out in a log or lies readable in the database`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(workers: 1, logLevel: "trace")) { fleet in
                let endpoint = try await fleet.addEndpoint(receiver.url())
                #expect(try await !fleet.client.get("/api/webhooks/\(endpoint)").description.contains(fleet.secrets.webhookSecret))
                // Good and bad requests, a wrong key that resembles the right one, both stores away and back: everything that logs.
                receiver.behave(.answer(500))
                try await fleet.publish(3)
                try await eventually("an attempt has failed") { try await fleet.number("SELECT count(*) FROM integration_log WHERE type = 'attempt'") > 0 }
                #expect(try await Client(baseURL: fleet.client.baseURL, key: fleet.client.key + "x").get("/api/jobs").status == 401)
                #expect(try await fleet.client.post("/api/webhooks", #"{"secret":"\#(fleet.secrets.webhookSecret)"}"#).status == 422)
                await fleet.redis.kill()
                await fleet.postgres.stopImmediately()
                #expect(try await fleet.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#).status == 503)
                try await eventually("the worker misses its index") { !fleet.lines(containing: "the index does not answer").isEmpty }
                try await eventually("the scheduler misses its ledger") { !fleet.lines(containing: "the lead could not be claimed").isEmpty }
                try await fleet.postgres.restart()
                try await fleet.redis.restart()
                try await eventually("the API accepts again") { try await fleet.accepts() }
                try await eventually("the job has run", within: .seconds(20)) { try await fleet.jobs("succeeded") == 1 }

                let secrets = [
                    "the API key": fleet.client.key, "the webhook secret": String(fleet.secrets.webhookSecret.dropFirst("whsec_".count)),
                    "VOICERA_SECRET_KEY": fleet.secrets.secretKey, "the database password": fleet.secrets.databasePassword,
                ]
                for (process, lines) in fleet.said {
                    #expect(lines.count > 1, "\(process) has said something")
                    for (name, secret) in secrets { #expect(!lines.contains { $0.contains(secret) }, "\(name) in the log of \(process)") }
                }
                let dump = try ChildProcess("/usr/bin/env", ["pg_dump", "--inserts", fleet.databaseURL])
                #expect(try await dump.wait() == .exited(0))
                #expect(dump.outputLines.contains { $0.contains("INSERT INTO public.endpoints") }, "the dump holds the endpoint")
                for (name, secret) in secrets { #expect(!dump.outputLines.contains { $0.contains(secret) }, "\(name) in the database") }
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}
