import ArgumentParser
import Foundation
import Identity
import Ledger
import Postgres
import Primitives

struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "users", abstract: "People who sign in.", subcommands: [SetPassword.self])

    struct SetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-password", abstract: "Read a user's new password from the standard input: one line, which no argument list shows.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "user_… or the e-mail address.")
        var user: String

        func run() async throws {
            guard let line = readLine(strippingNewline: true), Passwords.lengths.contains(line.unicodeScalars.count), !line.utf8.contains(0) else {
                throw ValidationError("a line with a password of \(Passwords.lengths.lowerBound) to \(Passwords.lengths.upperBound) characters is expected")
            }
            let hash = try await Passwords().hash(Redacted(line))
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedisIfSet(logger: logger)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let found = if let id = UserID(user) { id } else { try await PasswordTable(pool: pool).user(email: user, workspace: workspace) }
                guard let found else { throw ValidationError("the workspace has no user \(user)") }
                let ended = try await pool.withTransaction { connection in
                    let ended = try await PasswordTable.set(hash, of: found, workspace: workspace, on: connection)
                    guard let ended else { throw ValidationError("the workspace has no user \(user)") }
                    try await OperatorActionTable.record(
                        workspace: workspace, actor: "cli", action: "users.set_password", detail: #"{"user":"\#(found)"}"#, on: connection)
                    return ended
                }
                var isTold = ended.isEmpty
                if let redis, !isTold {
                    await withRedis(redis) { isTold = await Revocations(redis: redis, logger: logger).announce(Set(ended.map(\.description))) }
                }
                print(isTold ? "set" : "set; Redis could not tell, so that it may take 30 seconds until programs of the user stop")
            }
        }
    }
}
