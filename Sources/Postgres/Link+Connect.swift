internal import CLibPQ
internal import Glibc
internal import Logging
internal import Primitives

extension Link {
    /// A fresh connection, ready for statements. Blocks the thread until the deadline at most, the name server's own time aside.
    static func connect(
        _ configuration: PostgresConfiguration, until deadline: ContinuousClock.Instant, logger: Logger
    ) throws(PostgresError) -> Link {
        _ = neverPrompt
        // What stands behind the URL wins over it; text is UTF-8 here whatever the database's own encoding.
        let options = [
            ("dbname", configuration.url.exposed), ("client_encoding", "UTF8"), ("fallback_application_name", configuration.applicationName),
        ]
        guard let handle = unsafe withCStrings(options, { unsafe PQconnectStartParams($0, $1, 1) }) else {
            throw PostgresError(.unavailable, operation: "connect", message: "out of memory")
        }
        let notices = NoticeSink(logger: logger)
        // From here on the link closes the handle, whatever happens.
        let link = unsafe Link(taking: handle, notices: notices)
        unsafe notices.attach(to: handle)
        unsafe try link.shakeHands(handle, configuration, until: deadline)
        unsafe _ = PQsetnonblocking(handle, 1)
        return link
    }

    private static let neverPrompt: Void = voicera_pq_never_prompt()

    private func shakeHands(
        _ handle: OpaquePointer, _ configuration: PostgresConfiguration, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        var wanted = PGRES_POLLING_WRITING
        while unsafe PQstatus(handle) != CONNECTION_BAD {
            let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard poll(for: Int16(events), until: deadline) != nil else {
                throw PostgresError(.unavailable, operation: "connect", message: "no answer from \(configuration.address) in time")
            }
            wanted = unsafe PQconnectPoll(handle)
            if wanted == PGRES_POLLING_OK { return }
            if wanted == PGRES_POLLING_FAILED { break }
        }
        throw PostgresError(.unavailable, operation: "connect", message: unsafe Self.complaint(of: handle, configuration))
    }

    /// libpq's reason (refused, unknown host, wrong password), which names user, host and database but no secret;
    /// should a server repeat the password, it is cut out.
    private static func complaint(of handle: OpaquePointer, _ configuration: PostgresConfiguration) -> String {
        guard let text = unsafe PQerrorMessage(handle) else { return "unknown reason" }
        var message = unsafe String(cString: text).split(whereSeparator: \.isNewline).joined(separator: "; ")
        let password = configuration.password.exposed
        if !password.isEmpty { message = message.replacing(password, with: "[redacted]") }
        return String(message.prefix(300))
    }

    /// Lends two arrays of C strings that end in nil.
    private static func withCStrings<Result>(
        _ pairs: [(String, String)],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        var keys: [UnsafePointer<CChar>?] = unsafe []
        var values: [UnsafePointer<CChar>?] = unsafe []
        for (key, value) in pairs {
            unsafe keys.append(strdup(key))
            unsafe values.append(strdup(value))
        }
        unsafe keys.append(nil)
        unsafe values.append(nil)
        defer {
            unsafe (keys + values).forEach { unsafe free(UnsafeMutableRawPointer(mutating: $0)) }
        }
        return unsafe keys.withUnsafeBufferPointer { keys in
            unsafe values.withUnsafeBufferPointer { values in
                unsafe body(keys.baseAddress, values.baseAddress)
            }
        }
    }
}
