import ArgumentParser
import Identity
import Ledger
import Primitives

struct SigningKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signing-keys", abstract: "The keys that sign access tokens.", subcommands: [List.self, Rotate.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the keys that are published, the newest first.")

        @OptionGroup var stores: StoreOptions

        func run() async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                var isFirst = true
                for key in try await SigningKeyTable(pool: pool).list() {
                    let state = key.maySign ? (isFirst ? "signs" : "verifies") : "signs from \(RFC3339.wholeSeconds(key.signsFrom))"
                    if key.maySign { isFirst = false }
                    let leaves = key.leavesAt.map { ", leaves at \(RFC3339.wholeSeconds($0))" } ?? ""
                    print("\(key.kid)  made \(RFC3339.wholeSeconds(key.createdAt))  \(state)\(leaves)")
                }
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key: published at once, it signs in ten minutes; the old one stays published until what it signed is over.")

        @OptionGroup var stores: StoreOptions
        @Flag(help: "Sign with it at once. For an old key that is known to others: whoever checks tokens by a copy of the key set refuses the new ones until it reads the set again.")
        var atOnce = false

        func run() async throws {
            let sealer = try Environment.sealer()
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                print(try await SigningKeys(table: SigningKeyTable(pool: pool), sealer: sealer).rotate(atOnce: atOnce))
            }
        }
    }
}
