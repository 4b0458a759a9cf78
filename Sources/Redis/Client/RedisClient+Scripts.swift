internal import NIOCore

extension RedisClient {
    /// Runs a script by its digest. A server that does not have it is given it, on the same connection, and asked again:
    /// `NOSCRIPT` means that nothing was executed.
    package func run(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], deadline: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        let bytes = CommandEncoder.sizeBound([keys, arguments]) + 160
        return try await attempt(script.name, bytes: bytes, deadline: deadline) { session, pending, deadline in
            await self.run(script, on: session, keys: keys, arguments: arguments, pending: pending, deadline: deadline)
        }
    }

    private func run(
        _ script: RedisScript, on session: Session, keys: [RedisArgument], arguments: [RedisArgument], pending: PendingReply, deadline: NIODeadline
    ) async -> PendingReply.Answer {
        let identity: [RedisArgument] = script.readsServerIdentity ? [.string(session.serverIdentity)] : []
        func command(_ digest: [UInt8]) -> [[RedisArgument]] {
            [["EVALSHA", .bytes(digest), .int(Int64(keys.count))], keys, arguments, identity]
        }
        do throws(RedisError) {
            guard let digest = script.digest.value else {
                return await session.perform(command(try await load(script, on: session, deadline: deadline)), pending: pending, deadline: deadline)
            }
            let answer = await session.perform(command(digest), pending: pending, deadline: deadline)
            guard case .success(.error(let message)) = answer, message.hasPrefix("NOSCRIPT") else { return answer }
            let again = command(try await load(script, on: session, deadline: deadline))
            let bytes = CommandEncoder.sizeBound(again)
            return await session.perform(again, pending: try pendingReply(script.name, bytes: bytes), deadline: deadline)
        } catch {
            return .failure(error)
        }
    }

    private func load(_ script: RedisScript, on session: Session, deadline: NIODeadline) async throws(RedisError) -> [UInt8] {
        let pending = try pendingReply(script.name, bytes: script.source.utf8.count)
        switch await session.perform([["SCRIPT", "LOAD", .string(script.source)]], pending: pending, deadline: deadline) {
        case .success(.string(let digest)):
            script.digest.learn(digest)
            return digest
        case .success(.error(let message)): throw RedisError(reply: message, operation: script.name)
        case .success: throw RedisError(.protocolViolation, operation: script.name, reason: "SCRIPT LOAD did not answer with a digest")
        // Whatever became of the loading, the script itself has not run.
        case .failure(let error): throw RedisError(error.code, operation: script.name, outcomeUnknown: false, reason: error.reason)
        }
    }
}
