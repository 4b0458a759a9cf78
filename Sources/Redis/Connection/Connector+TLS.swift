internal import NIOPosix
internal import NIOSSL

extension Connector {
    /// Nil without TLS. Reads certificates from disk, hence not on a thread of the cooperative pool.
    static func makeSecurity(_ configuration: RedisConfiguration) async throws(RedisError) -> NIOSSLContext? {
        guard configuration.usesTLS else { return nil }
        var settings = TLSConfiguration.makeClientConfiguration()
        if let file = configuration.trustRootsFile { settings.trustRoots = .file(file) }
        let fixed = settings
        do {
            return try await NIOThreadPool.singleton.runIfActive { try NIOSSLContext(configuration: fixed) }
        } catch {
            throw RedisError(.configuration, operation: "TLS", reason: String("\(error)".prefix(300)))
        }
    }
}
