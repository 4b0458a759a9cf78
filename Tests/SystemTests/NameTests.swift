import Glibc
import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    /// Names whose owner wants in: a real resolver, a real name server, real sockets where nobody may come.
    @Suite(.serialized)
    struct Names {
        private static let canMakeNetworks = geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0

        /// Saved without a question to any name server, and asked about at each dial.
        private static let refused = [
            "private.example.com", "loopback.example.com", "metadata.example.com", "chain.example.com", "mapped.example.com", "translated.example.com",
            "six.example.com",
        ]

        @Test(.enabled(if: canMakeNetworks, "only root makes a network"))
        func `a name that leads to a private address is not followed, whenever it turns there`() async throws {
            let world = try NameWorld()
            try await Fleet.run { fleet in
                let worker = try fleet.startWorker(["VOICERA_ALLOW_TARGETS": nil, "VOICERA_ALLOW_HTTP": "1"], behind: world.command)
                try await worker.waitForLine(containing: NameWorld.ready)
                func outcome(_ host: String, port: Int = 8080) async throws -> String {
                    let event = "name.case\(port)_" + host.prefix { $0 != "." }
                    try await fleet.addEndpoint("http://\(host):\(port)/", event: event)
                    try await fleet.publish(1, event: event)
                    var outcome = ""
                    try await eventually("\(host) was tried", within: .seconds(20)) {
                        let rows = try await fleet.pool.query(
                            """
                            SELECT coalesce(l.error_class, l.outcome) FROM integration_log l JOIN deliveries d ON d.id = l.job_id
                            JOIN endpoints e ON e.id = d.endpoint_id WHERE l.type = 'attempt' AND e.event_types = $1 ORDER BY l.id LIMIT 1
                            """, [.texts([event])])
                        outcome = try rows.first?.text(0) ?? ""
                        return !outcome.isEmpty
                    }
                    return outcome
                }
                #expect(try await outcome("public.example.com") == "succeeded", "else nothing of this shows anything")
                for host in Self.refused { #expect(try await outcome(host) == "address_refused", "\(host)") }
                for host in ["empty.example.com", "missing.example.com"] { #expect(try await outcome(host) == "dns_error", "\(host)") }
                // The system sorts what a name has; whichever comes first, the private one is not called.
                #expect(["succeeded", "address_refused"].contains(try await outcome("mixed.example.com")))

                // Public when it was first asked for; another port is another question.
                #expect(try await outcome("turning.example.com") == "succeeded")
                #expect(try await outcome("turning.example.com", port: 8081) == "address_refused")
                // The open connection leads where it was made to.
                try await fleet.publish(1, event: "name.case8080_turning")
                try await eventually("the second delivery there") {
                    try await fleet.number("SELECT count(*) FROM integration_log WHERE outcome = 'succeeded' AND type = 'attempt'") >= 3
                }
                #expect(fleet.lines(containing: NameWorld.intruder) == [])
            }
        }
    }
}
