import Glibc
import LocalStack
import Postgres
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct OwnAddresses {
        private static let canMakeNetworks = geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0
        /// A network of the worker's own, cut off from every other, in which a public address is its host's. The stores are reached by their sockets.
        private static let network = [
            "/usr/bin/unshare", "--net", "/bin/sh", "-c",
            #"ip tuntap add dev own mode tun && ip address add 8.8.8.8/32 dev own && ip link set own up && exec "$0" "$@""#,
        ]

        @Test(.enabled(if: canMakeNetworks, "only root makes a network"))
        func `a worker does not call its own host by its public address`() async throws {
            try await Fleet.run { fleet in
                try await fleet.addEndpoint("https://8.8.8.8:8443/")
                try fleet.startWorker(["VOICERA_ALLOW_TARGETS": nil], behind: Self.network)
                try await fleet.publish(1)
                var ending = ""
                try await eventually("the delivery was tried", within: .seconds(15)) {
                    ending = try await fleet.pool.query("SELECT error_class FROM integration_log WHERE type = 'attempt'").first?.text(0) ?? ""
                    return !ending.isEmpty
                }
                #expect(ending == "address_refused")
            }
        }
    }
}
