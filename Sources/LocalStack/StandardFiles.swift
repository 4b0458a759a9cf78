import Glibc

/// POSIX_SPAWN_SETSID, which glibc's header shows only with _GNU_SOURCE.
private let newSession: Int16 = 0x80

/// The three standard files of a child to be, and the call that makes it.
struct StandardFiles {
    let input: Int32
    let output: Int32
    let errors: Int32
    let pipes: [OutputPipe]
    /// Our end of the child's standard input, when it has to wait for the word.
    private let leash: Int32?

    init(_ plan: SpawnedProcess.Plan) throws(LocalStackError) {
        var opened: [Int32] = []
        var pipes: [OutputPipe] = []
        func keep(_ descriptor: Int32, _ what: String) throws(LocalStackError) -> Int32 {
            guard descriptor >= 0 else { throw LocalStackError(.startFailed, "\(what): \(systemMessage())") }
            opened.append(descriptor)
            return descriptor
        }
        func open(_ output: SpawnedProcess.Output) throws(LocalStackError) -> Int32 {
            switch output {
            case .discard: return try keep(Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC), "cannot open /dev/null")
            case .file(let path): return try keep(Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600), "cannot write \(path)")
            case .pieces(let receive):
                let ends = try socketPair()
                opened.append(contentsOf: [ends.ours, ends.theirs])
                pipes.append(OutputPipe(descriptor: ends.ours, receive: receive))
                return ends.theirs
            }
        }
        do throws(LocalStackError) {
            if let given = plan.input {
                input = try keep(fcntl(given, F_DUPFD_CLOEXEC, 3), "cannot hand over the input")
                leash = nil
            } else if plan.endWithParent == nil {
                input = try keep(Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC), "cannot open /dev/null")
                leash = nil
            } else {
                let ends = try socketPair()
                opened.append(contentsOf: [ends.ours, ends.theirs])
                input = ends.theirs
                leash = ends.ours
            }
            output = try open(plan.output)
            errors = try open(plan.errors)
            self.pipes = pipes
        } catch {
            for descriptor in opened { close(descriptor) }
            throw error
        }
    }

    func spawn(_ plan: SpawnedProcess.Plan) throws(LocalStackError) -> Int32 {
        let script = leash == nil ? #"cd "$1" && shift && exec "$@""# : #"read -r go && cd "$1" && shift && exec "$@" </dev/null"#
        let words = ["/bin/sh", "-c", script, "sh", plan.directory, plan.program] + plan.arguments
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, standard) in [(input, 0), (output, 1), (errors, 2)] as [(Int32, Int32)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, standard)
        }
        // What libraries opened without the close-on-exec mark must not live on in a server.
        for descriptor in openDescriptors() where descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        // An ignored signal stays ignored across exec: a parent that handles SIGTERM by other means would make its children deaf to it.
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | newSession)

        var pid: Int32 = 0
        let failure = withCStrings(words) { arguments in
            withCStrings(plan.environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&pid, words[0], &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else {
            if let leash { close(leash) }
            for pipe in pipes { close(pipe.descriptor) }
            throw LocalStackError(.startFailed, "cannot run \(plan.program): \(systemMessage(failure))")
        }
        return pid
    }

    func closeChildSide() {
        for descriptor in [input, output, errors] { close(descriptor) }
    }

    /// The child leaves its leash and becomes the program.
    func letGo() {
        guard let leash else { return }
        send(leash, "go\n", 3, Int32(MSG_NOSIGNAL))
        close(leash)
    }
}

struct OutputPipe: Sendable {
    let descriptor: Int32
    let receive: @Sendable ([UInt8]) -> Void

    func readToEnd() {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { receive(Array(buffer[..<count])) } else if count == 0 || errno != EINTR { break }
        }
        close(descriptor)
    }
}
