import ArgumentParser
import Identity
import Ledger
import Postgres
import Primitives
import Redis

extension KeysCommand {
    /// The key that a command changes, and who hears of it.
    struct One: ParsableArguments {
        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "key_…") var id: String

        /// - Parameter body: false when there is no such key.
        func change(
            _ done: String, _ body: @Sendable (APIKeyID, WorkspaceID, PostgresConnection) async throws -> Bool
        ) async throws {
            guard let key = APIKeyID(id) else { throw ValidationError("\(id) is no key id") }
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedisIfSet(logger: logger)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let isThere = try await pool.withTransaction { try await body(key, workspace, $0) }
                guard isThere else { throw ValidationError("the workspace has no live key \(id)") }
                var isTold = false
                if let redis { await withRedis(redis) { isTold = await Revocations(redis: redis, logger: logger).announce([key.description]) } }
                print(isTold ? done : "\(done); Redis could not tell, so that it may take 30 seconds until every process knows")
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a key a new secret and print it: the only time that it can be read.")

        @OptionGroup var one: One
        @Option(help: "Seconds for which the old secret goes on; 0 ends it now.")
        var overlap = KeyIssuer.usualOverlap.components.seconds

        func run() async throws {
            guard KeyIssuer.overlaps.contains(.seconds(overlap)) else {
                throw ValidationError("--overlap is from 0 to \(KeyIssuer.overlaps.upperBound.components.seconds) seconds")
            }
            try await one.change("rotated") { id, workspace, connection in
                let issued = try await KeyIssuer.rotate(id, workspace: workspace, overlap: .seconds(overlap), on: connection)
                if let issued { print("id         \(issued.id)\nkey        \(issued.secret.exposed)") }
                return issued != nil
            }
        }
    }

    struct EndOverlap: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "end-overlap", abstract: "End the secrets that go on since a rotation.")

        @OptionGroup var one: One

        func run() async throws {
            try await one.change("ended") { id, workspace, connection in
                guard try await APIKeyTable.find(id, workspace: workspace, on: connection) != nil else { return false }
                _ = try await APIKeyTable.endOverlap(id, workspace: workspace, on: connection)
                return true
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a key; it stops working everywhere within a second.")

        @OptionGroup var one: One

        func run() async throws {
            try await one.change("revoked") { id, workspace, connection in try await APIKeyTable.revoke(id, workspace: workspace, on: connection) }
        }
    }
}
