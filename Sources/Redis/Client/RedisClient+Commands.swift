internal import NIOCore

extension RedisClient {
    /// Sends one command. An error reply is thrown, with the code `.server`.
    ///
    /// `deadline`: for the answer, from now on; the configured one if nil.
    package func send(_ arguments: [RedisArgument], deadline: Duration? = nil) async throws(RedisError) -> RedisValue {
        let operation = try Self.operation(of: arguments)
        return try await attempt(operation, bytes: CommandEncoder.sizeBound([arguments]), deadline: deadline) { session, pending, deadline in
            await session.perform([arguments], pending: pending, deadline: deadline)
        }
    }

    /// Sends commands together on one connection, with nobody else's between them, and returns their replies in order.
    /// An error reply is an element; what is thrown concerns all of them.
    package func send(pipeline: [[RedisArgument]], deadline: Duration? = nil) async throws(RedisError) -> [RedisValue] {
        guard !pipeline.isEmpty else { return [] }
        for command in pipeline { _ = try Self.operation(of: command) }
        let bytes = pipeline.reduce(0) { $0 + CommandEncoder.sizeBound([$1]) }
        let reply = try await attempt("pipeline", bytes: bytes, deadline: deadline) { session, pending, deadline in
            await session.perform(pipeline: pipeline, pending: pending, deadline: deadline)
        }
        return reply.array ?? []
    }

    /// Runs `body` with a connection, and once more with another one if that connection was lost before anything was written.
    func attempt(
        _ operation: String, bytes: Int, deadline: Duration?,
        _ body: (Session, PendingReply, NIODeadline) async -> PendingReply.Answer
    ) async throws(RedisError) -> RedisValue {
        let deadline = NIODeadline.now() + TimeAmount(max(.zero, deadline ?? configuration.commandDeadline))
        var isLastAttempt = false
        while true {
            if Task.isCancelled { throw RedisError(.cancelled, operation: operation) }
            let pending = try pendingReply(operation, bytes: bytes)
            let session = try await session(for: operation)
            switch await body(session, pending, deadline) {
            case .success(.error(let message)): throw RedisError(reply: message, operation: operation)
            case .success(let value): return value
            case .failure(let error) where error.code != .unavailable || isLastAttempt: throw error
            case .failure: isLastAttempt = true
            }
        }
    }

    func pendingReply(_ operation: String, bytes: Int) throws(RedisError) -> PendingReply {
        guard let permit = budget.permit(bytes: bytes) else {
            throw RedisError(.overloaded, operation: operation, reason: "too much is in flight")
        }
        return PendingReply(operation: operation, permit: permit)
    }

    /// An empty command gets no reply at all, so that the next one would be taken for its own: it must not be written.
    private static func operation(of arguments: [RedisArgument]) throws(RedisError) -> String {
        switch arguments.first {
        case .string(let name)? where !name.isEmpty: name
        case .bytes(let name)? where !name.isEmpty: String(decoding: name, as: UTF8.self)
        default: throw RedisError(.configuration, operation: "command", reason: "a command without a name")
        }
    }
}
