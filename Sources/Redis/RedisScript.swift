internal import Synchronization

/// A Lua script, called by its digest.
///
/// Redis computes the digest (`SCRIPT LOAD`); it depends on the source alone, so it is asked for once and holds for every server.
/// Whether a server still *has* the script is never assumed: `NOSCRIPT` is healed where it is met.
package struct RedisScript: Sendable {
    /// With its version, so that two releases can run side by side: `step.v1`.
    package let name: String
    package let source: String
    /// The `run_id` of the server is appended as the last `ARGV`: the script can tell that it runs on another server process than before.
    package let readsServerIdentity: Bool
    let digest = Digest()

    package init(name: String, source: String, readsServerIdentity: Bool = false) {
        self.name = name
        self.source = source
        self.readsServerIdentity = readsServerIdentity
    }

    final class Digest: Sendable {
        private let known = Mutex<[UInt8]?>(nil)

        var value: [UInt8]? { known.withLock { $0 } }
        func learn(_ digest: [UInt8]) { known.withLock { $0 = digest } }
    }
}
