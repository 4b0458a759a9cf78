import ArgumentParser
import Foundation
import Identity
import Ledger
import Primitives

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "API keys.", subcommands: [List.self, Create.self, Rotate.self, EndOverlap.self, Revoke.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The workspace's keys, newest first, without their secrets.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Option(help: "At most this many.") var limit = 50

        func run() async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let limit = max(1, limit)
                let found = try await APIKeyTable(pool: pool).list(workspace: place.find(in: pool), before: nil, limit: limit + 1)
                for key in found.prefix(limit) { print(KeysCommand.line(key)) }
                if found.isEmpty { print("none") }
                if found.count > limit { print("more: --limit") }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key and print it: the only time that it can be read.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Option(help: "What the key is for.")
        var name = "key"
        @Option(help: "Comma-separated scopes, or all.")
        var scopes = "all"
        @Option(help: "Comma-separated addresses or networks that it may be used from, such as 192.0.2.0/24; everywhere when left out.")
        var networks = ""
        @Option(help: "When it stops working, such as 2030-01-01T00:00:00Z; never when left out.", transform: Moment.parse)
        var expires: Int64?
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
            let networks = try networks.split(separator: ",").map { part in
                do { return try Network(String(part)) } catch { throw ValidationError("\(part) \(error)") }
            }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace: WorkspaceID
                if let newWorkspace {
                    workspace = IdentifierSource.system.next()
                    try await WorkspaceTable(pool: pool).create(workspace, name: newWorkspace)
                } else {
                    workspace = try await place.find(in: pool)
                }
                let issued = try await KeyIssuer(keys: APIKeyTable(pool: pool)).issue(
                    name: name, workspace: workspace, scopes: scopes, expiresAt: expires, networks: networks)
                print("workspace  \(workspace)\nid         \(issued.id)\nkey        \(issued.secret.exposed)")
            }
        }
    }

    private static func line(_ key: APIKeyListing) -> String {
        var parts = [key.id.description, APIKeySecret.start + key.prefix, key.name, key.scopes.count == Scope.all.count ? "all" : key.scopes.joined(separator: ",")]
        if !key.networks.isEmpty { parts.append("from \(key.networks.joined(separator: ","))") }
        if let expires = key.expiresAt { parts.append("until \(RFC3339.text(expires))") }
        if let end = key.overlapEndsAt { parts.append("old secret until \(RFC3339.text(end))") }
        parts.append(key.lastUsedAt.map { "used \(RFC3339.text($0))" } ?? "never used")
        return parts.joined(separator: "  ")
    }
}
