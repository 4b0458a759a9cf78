import Crypto
import Identity
import Ledger
import LocalStack
import Logging
import NIOPosix
import Postgres
import Primitives
import Redis
import TestSupport
import Testing

/// A ledger with a client, and processes that share it.
final class TokenStage: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let secret = Redacted(Sealer.randomKey())
    let workspace = IdentifierSource.system.next(Workspace.self)
    let client: OAuthClientRow

    init() async throws {
        var configuration = try PostgresConfiguration(url: try await TestPostgres.freshDatabase())
        configuration.maxConnections = 4
        let logger = Logger(label: "test")
        pool = PostgresPool(configuration, logger: logger)
        _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
        try await WorkspaceTable(pool: pool).create(workspace, name: "test")
        redis = RedisClient(
            try RedisConfiguration(url: try await TestRedis.shared().url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let metadata = ClientMetadata(
            name: "test", authMethod: .basic, grantTypes: [.clientCredentials], redirectURIs: [], scopes: [.jobsRead, .operator])
        let new = metadata.client(IdentifierSource.system.next(), workspace: workspace, secret: metadata.newSecret)
        client = try await pool.withConnection { try await OAuthClientTable.insert(new, on: $0) }
    }

    /// As one more API process makes it.
    func server(issuer: String = "https://api.example", secret: Redacted<String>? = nil, settings: OAuthSettings = OAuthSettings()) throws -> OAuthServer {
        OAuthServer(
            pool: pool, redis: redis, sealer: try Sealer(secret: secret ?? self.secret), revocations: Revocations(redis: redis, namespace: namespace(), logger: Logger(label: "test")),
            issuer: Issuer(issuer), settings: settings)
    }

    /// Claims signed with the installation's own key.
    func forge(_ claims: String, type: String = "at+jwt", more: String = "") async throws -> String {
        let row = try #require(try await SigningKeyTable(pool: pool).list().first)
        let raw = try Sealer(secret: secret).open(Sealed(bytes: row.sealedPrivate, keyID: row.sealedBy), context: "signing key \(row.kid)")
        let key = try P256.Signing.PrivateKey(rawRepresentation: raw.exposed)
        let header = #"{"typ":"\#(type)","alg":"ES256","kid":"\#(row.kid)"\#(more)}"#
        let text = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return text + "." + Base64URL.encode(Array(try key.signature(for: Array(text.utf8)).rawRepresentation))
    }

    func token(_ server: OAuthServer, scope: String? = nil) async throws -> String {
        try await server.grants.clientCredentials(scope: scope, client: client, proofKey: nil).accessToken.exposed
    }
}
