import Glibc

/// A private Redis on a unix socket in a folder of its own; it listens on no port.
package final class RedisServer: Sendable {
    package struct Options: Sendable {
        package var lifetime: ServerLifetime
        /// An append-only file, synced every second; without it nothing survives a restart.
        package var isPersistent: Bool
        /// Further directives, by name: `["maxmemory": "64mb"]`.
        package var directives: [String: String]
        package var startLimit: Duration

        package init(lifetime: ServerLifetime, isPersistent: Bool, directives: [String: String] = [:], startLimit: Duration = .seconds(30)) {
            self.lifetime = lifetime
            self.isPersistent = isPersistent
            self.directives = directives
            self.startLimit = startLimit
        }

        package static let durable = Options(lifetime: .persistent, isPersistent: true)
        package static let forTests = Options(lifetime: .boundToParent, isPersistent: false)
    }

    private let server: RunningServer
    private let options: Options
    private let program: String
    private let socket: String

    /// Returns when it answers. A persistent one that still runs in the folder is taken over.
    package static func start(in directory: String, options: Options = .durable) async throws(LocalStackError) -> RedisServer {
        let redis = try RedisServer(directory: directory, options: options)
        let adopted = try await redis.server.adopt(pidFile: redis.pidFile, home: redis.server.folder.path) { await redis.answers }
        if !adopted { try await redis.launch() }
        return redis
    }

    private init(directory: String, options: Options) throws(LocalStackError) {
        program = try ServerBinaries.redisServer()
        server = try RunningServer("Redis", in: directory, lifetime: options.lifetime, startLimit: options.startLimit)
        socket = try server.folder.socketFolder() + "/redis.sock"
        self.options = options
    }

    /// `unix:///folder/redis.sock`; stays the same over restarts.
    package var url: String { "unix://" + percentEncoded(path: socket) }
    package var socketPath: String { socket }
    /// 0 while it is stopped.
    package var pid: Int32 { server.pid }
    package var isRunning: Bool { server.isRunning }

    /// Lets it write out what it has and waits until it is gone. Harmless when it is.
    package func stop() async { await server.end(SIGTERM, patience: .seconds(20)) }

    /// `kill -9`; returns when the process is gone.
    package func kill() async { await server.end(SIGKILL, patience: .seconds(5)) }

    /// It keeps its connections and answers nothing, like a machine that hangs.
    package func pause() { server.signal(SIGSTOP) }
    package func resume() { server.signal(SIGCONT) }

    /// Starts it again in the same folder under the same URL; stops it first when it runs.
    package func restart() async throws(LocalStackError) {
        await stop()
        try await launch()
    }

    /// Stops it for good and gives the folder free.
    package func close() async {
        await stop()
        server.folder.forget("socket", under: "/tmp")
        server.releaseFolder()
    }

    /// Gives the folder free while the server runs on in it, for another process to adopt.
    package func leaveRunning() { server.releaseFolder() }

    private var pidFile: String { server.folder.path + "/redis.pid" }
    private var answers: Bool { get async { await RedisProbe.pid(socket: socket) == server.pid } }

    private func launch() async throws(LocalStackError) {
        var plan = SpawnedProcess.Plan(program, arguments)
        plan.endWithParent = options.lifetime == .boundToParent ? SIGKILL : nil
        try await server.launch(plan) { await answers }
    }

    private var arguments: [String] {
        var directives = [
            "port": "0", "unixsocket": socket, "unixsocketperm": "700", "dir": server.folder.path, "pidfile": pidFile, "daemonize": "no", "save": "",
            "maxmemory-policy": "noeviction", "appendonly": options.isPersistent ? "yes" : "no", "appendfsync": "everysec",
        ]
        directives.merge(options.directives) { $1 }
        return directives.sorted { $0.key < $1.key }.flatMap { ["--\($0.key)", $0.value] }
    }
}
