internal import NIOCore

extension Session {
    /// Writes one command, whose words may come in parts, and waits for its reply.
    func perform(_ parts: [[RedisArgument]], pending: PendingReply, deadline: NIODeadline) async -> PendingReply.Answer {
        var encoder = CommandEncoder(capacity: CommandEncoder.sizeBound(parts))
        encoder.append(parts)
        return await link.perform(encoder.buffer, pending: pending, deadline: deadline)
    }

    /// Writes them together and answers with an array of their replies.
    func perform(pipeline: [[RedisArgument]], pending: PendingReply, deadline: NIODeadline) async -> PendingReply.Answer {
        var encoder = CommandEncoder(capacity: pipeline.reduce(0) { $0 + CommandEncoder.sizeBound([$1]) })
        for command in pipeline { encoder.append([command]) }
        return await link.perform(encoder.buffer, replies: pipeline.count, pending: pending, deadline: deadline)
    }

    func subscribe(to channel: String, deadline: Duration) async -> PendingReply.Answer {
        let pending = PendingReply(operation: "SUBSCRIBE", permit: nil)
        return await perform([["SUBSCRIBE", .string(channel)]], pending: pending, deadline: .now() + TimeAmount(deadline))
    }
}
