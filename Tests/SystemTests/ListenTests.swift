import LocalStack
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct Listen {
        @Test func `listen verifies signatures, fails on demand and takes its time`() async throws {
            try await Fleet.run(.with(workers: 1)) { fleet in
                let secret = fleet.secrets.webhookSecret
                let failing = try ChildProcess.voicera("listen", "--secret", secret, "--fail", "500:1")
                let slow = try ChildProcess.voicera("listen", "--delay", "700ms", environment: ["VOICERA_LISTEN_SECRET": secret])
                let suspicious = try ChildProcess.voicera("listen", "--secret", "whsec_" + String(repeating: "A", count: 32))
                let careless = try ChildProcess.voicera("listen")
                let all = [failing, slow, suspicious, careless]
                for listener in all {
                    let line = try await listener.waitForLine(containing: "listening on http://127.0.0.1:")
                    try await fleet.addEndpoint(String(line.split(separator: " ").last ?? ""))
                }
                try await fleet.publish(1)

                let first = try await failing.waitForLine(containing: "answered 500")
                #expect(first.contains("attempt 1  signature ok") && first.contains(#""event":"test.happened""#))
                try await slow.waitForLine(containing: "signature ok  answered 200")
                try await suspicious.waitForLine(containing: "SIGNATURE WRONG  answered 401")
                try await careless.waitForLine(containing: "signature not checked (no secret given)  answered 200")
                let second = try await failing.waitForLine(containing: "answered 200")
                #expect(second.contains("attempt 2  signature ok"))
                #expect(second.split(separator: " ").first == first.split(separator: " ").first, "the id is the same on every attempt")

                // The log shows how long the slow one took; the suspicious one is tried again later.
                #expect(try await fleet.number("SELECT count(*) FROM integration_log WHERE outcome = 'succeeded' AND duration_us > 700000") == 1)
                #expect(try await fleet.number("SELECT count(*) FROM integration_log WHERE status = 401 AND outcome = 'retried'") >= 1)
                for listener in all {
                    listener.signal(15)
                    #expect(try await listener.wait() == .exited(0))
                    #expect(!(listener.outputLines + listener.errorLines).contains { $0.contains(secret) })
                }
                try await fleet.expectBalance()
            }
        }
    }
}
