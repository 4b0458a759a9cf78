import ArgumentParser
import Foundation
import Identity
import Ledger
import Primitives

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "keys", abstract: "API keys.", subcommands: [Create.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key and print it: the only time that it can be read.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Option(help: "What the key is for.")
        var name = "key"
        @Option(help: "Comma-separated scopes, or all.")
        var scopes = "all"
        @Option(help: "Make a workspace of this name and the key in it.")
        var newWorkspace: String?

        func run() async throws {
            let scopes = try scopes == "all" ? Scope.all : Set(
                scopes.split(separator: ",").map { part in
                    guard let scope = Scope(rawValue: String(part)) else {
                        throw ValidationError("\(part) is no scope; there are \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")
                    }
                    return scope
                })
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace: WorkspaceID
                if let newWorkspace {
                    workspace = IdentifierSource.system.next()
                    try await WorkspaceTable(pool: pool).create(workspace, name: newWorkspace)
                } else {
                    workspace = try await place.find(in: pool)
                }
                let issued = try await KeyIssuer(keys: APIKeyTable(pool: pool)).issue(name: name, workspace: workspace, scopes: scopes)
                print("workspace  \(workspace)\nid         \(issued.id)\nkey        \(issued.secret.exposed)")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a key; it stops working within a second.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "key_…")
        var id: String

        func run() async throws {
            guard let key = APIKeyID(id) else { throw ValidationError("\(id) is no key id") }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                guard try await APIKeyTable(pool: pool).revoke(key, workspace: place.find(in: pool)) else {
                    throw ValidationError("the workspace has no live key \(id)")
                }
                print("revoked")
            }
        }
    }
}
