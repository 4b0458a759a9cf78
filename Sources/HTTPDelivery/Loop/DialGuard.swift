internal import Primitives

/// The address guard during one transfer: asked for each address that is about to be dialled, and for the one a connection leads to.
///
/// A name that answers with a public and a forbidden address is an attack or a mistake, so one refusal refuses the addresses after it as well.
/// With exceptions in the policy (development) the others stay open: `localhost` is both `::1` and `127.0.0.1`, and one of them may be allowed.
struct DialGuard {
    private let policy: AddressPolicy
    private(set) var hasRefused = false

    init(policy: AddressPolicy) { self.policy = policy }

    /// Nil is an address that could not be read, or one of an unknown family.
    mutating func permits(_ address: IPAddress?) -> Bool {
        if hasRefused, policy.allowed.isEmpty { return false }
        guard let address, policy.verdict(address) == .allowed else {
            hasRefused = true
            return false
        }
        return true
    }
}
