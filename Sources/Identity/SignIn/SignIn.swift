package import Ledger
package import Logging
package import Postgres
package import Primitives
package import Redis

/// People and their browsers: passwords, sessions, and what they let programs do.
package struct SignIn: Sendable {
    package enum Verdict: Sendable {
        case signedIn(SessionSecret)
        /// The account is not known or the password is wrong: which of them is nobody's business.
        case refused
        case slowDown(Duration)
    }

    package let passwords: Passwords
    package let sessions: SessionTable
    package let consents: ConsentTable
    package let pushed: PushedRequests
    private let table: PasswordTable
    private let throttle: SignInThrottle

    /// However often it is used: who has been signed in for a working day and more says again who they are.
    package static let lifetime = Duration.seconds(12 * 3600)
    private static let longestEmail = 320

    package init(
        pool: PostgresPool, redis: RedisClient, namespace: String = "v1", cost: PasswordCost = .usual, rates: SignInThrottle.Rates = .init()
    ) {
        passwords = Passwords(cost: cost)
        sessions = SessionTable(pool: pool)
        consents = ConsentTable(pool: pool)
        pushed = PushedRequests(table: PushedRequestTable(pool: pool))
        table = PasswordTable(pool: pool)
        throttle = SignInThrottle(redis: redis, namespace: namespace, rates: rates)
    }

    /// - Parameters:
    ///   - address: where the request comes from.
    ///   - old: what the browser had before; it is over once somebody signed in.
    ///   - logger: hears of refusals, without the password and without the e-mail.
    package func signIn(
        email: String, password: Redacted<String>, workspace: WorkspaceID, address: String, instead old: SessionSecret, logger: Logger
    ) async throws -> Verdict {
        let email = email.trimmingSpaces
        let account = "\(workspace) \(email.lowercased())"
        if let wait = await throttle.attempt(account: account, address: address) {
            logger.notice("a sign-in was slowed down", metadata: ["workspace": .stringConvertible(workspace), "address": .string(address)])
            return .slowDown(wait)
        }
        let isPossible = (1...Self.longestEmail).contains(email.utf8.count) && !email.utf8.contains(0)
        let found = isPossible ? try await table.find(email: email, workspace: workspace) : nil
        guard case .right(let stronger) = try await passwords.check(password, against: found?.hash), let found else {
            logger.notice(
                "a sign-in was refused",
                metadata: [
                    "workspace": .stringConvertible(workspace), "address": .string(address),
                    "user": .string(found?.user.description ?? "unknown"), "hasPassword": .stringConvertible(found?.hash != nil),
                ])
            return .refused
        }
        if let stronger, let hash = found.hash { try await table.rehash(stronger, instead: hash, of: found.user, workspace: workspace) }
        await throttle.succeeded(account: account)
        let fresh = SessionSecret.mint()
        try await sessions.insert(hash: fresh.hash, user: found.user, workspace: workspace, lifetime: Self.lifetime)
        try await sessions.end(hash: old.hash)
        return .signedIn(fresh)
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " }
        return String(start[..<(start.lastIndex { $0 != " " }.map { start.index(after: $0) } ?? start.startIndex)])
    }
}
