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
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let found = if let id = UserID(user) { id } else { try await PasswordTable(pool: pool).user(email: user, workspace: workspace) }
                guard let found else { throw ValidationError("the workspace has no user \(user)") }
                try await pool.withTransaction { connection in
                    guard try await PasswordTable.set(hash, of: found, workspace: workspace, on: connection) else {
                        throw ValidationError("the workspace has no user \(user)")
                    }
                    try await OperatorActionTable.record(
                        workspace: workspace, actor: "cli", action: "users.set_password", detail: #"{"user":"\#(found)"}"#, on: connection)
                }
                print("set")
            }
        }
    }
}
