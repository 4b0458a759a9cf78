internal import LocalStack
internal import TestSupport

/// Lends a Redis that this test may kill, freeze and restart.
func withRedis(_ directives: [String: String] = [:], _ body: (RedisServer) async throws -> Void) async throws {
    var options = RedisServer.Options.forTests
    options.directives = directives
    let redis = try await TestRedis.exclusive(options)
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(redis))
    } catch {
        result = .failure(error)
    }
    // Killed first: a test that failed may leave it frozen, and deaf to a polite end.
    await redis.kill()
    await redis.close()
    try result.get()
}
