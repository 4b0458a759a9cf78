internal import Primitives

/// What is said first on every connection, in one write. Knows no sockets.
struct Handshake {
    private let configuration: RedisConfiguration

    init(_ configuration: RedisConfiguration) { self.configuration = configuration }

    var commands: [[RedisArgument]] {
        var commands: [[RedisArgument]] = []
        if let password = configuration.password {
            commands.append(configuration.username.map { ["AUTH", .string($0), .string(password.exposed)] } ?? ["AUTH", .string(password.exposed)])
        }
        if configuration.database != 0 { commands.append(["SELECT", .int(Int64(configuration.database))]) }
        commands.append(["CLIENT", "SETNAME", .string(configuration.clientName)])
        // Refused while a restarted server still loads its data, when no other command would work either.
        commands.append(["PING"])
        commands.append(["INFO", "server"])
        return commands
    }

    /// The server's `run_id`, if all went well.
    func serverIdentity(from replies: RedisValue) throws(RedisError) -> String {
        let commands = commands
        guard let replies = replies.array, replies.count == commands.count else {
            throw RedisError(.protocolViolation, operation: "handshake", reason: "replies are missing")
        }
        for (command, reply) in zip(commands, replies) {
            guard case .error(let message) = reply, case .string(let name)? = command.first else { continue }
            // A name is a convenience, and `CLIENT` is often forbidden to an application's user.
            if name == "CLIENT" { continue }
            throw RedisError(reply: message, operation: name)
        }
        guard let information = replies.last?.text,
            let line = information.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("run_id:") })
        else { throw RedisError(.protocolViolation, operation: "INFO", reason: "no run_id in the answer") }
        return String(line.dropFirst("run_id:".count))
    }
}
