internal import CLibPQ
internal import Glibc
internal import Primitives

/// One libpq connection, driven without libpq's own waiting: every wait is a `poll` that ends at a deadline.
/// https://www.postgresql.org/docs/15/libpq-async.html
///
/// It blocks its thread, belongs to one actor and closes with it.
@safe final class Link {
    private let handle: OpaquePointer
    private let notices: NoticeSink
    /// An exchange ended half-way: what the server sends next would be taken for the answer to something else.
    private var isTorn = false

    init(taking handle: OpaquePointer, notices: NoticeSink) {
        unsafe self.handle = unsafe handle
        self.notices = notices
    }

    deinit { unsafe PQfinish(handle) }

    var descriptor: Int32 { unsafe PQsocket(handle) }
    var isOpen: Bool { unsafe !isTorn && !notices.sawFarewell && PQstatus(handle) == CONNECTION_OK }
    var isInTransaction: Bool { unsafe PQtransactionStatus(handle) != PQTRANS_IDLE }
    var isAborted: Bool { unsafe PQtransactionStatus(handle) == PQTRANS_INERROR }

    func prepare(_ sql: String, name: String, types: [UInt32], until deadline: ContinuousClock.Instant) throws(PostgresError) {
        _ = try exchange(PostgresError.summary(of: sql), until: deadline) {
            unsafe PQsendPrepare(handle, name, sql, Int32(types.count), types)
        }
    }

    func run(
        prepared name: String, _ parameters: ParameterBuffer, sql: String, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle {
        try exchange(PostgresError.summary(of: sql), until: deadline) {
            unsafe parameters.withPointers { count, values, lengths, formats in
                unsafe PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
            }
        }
    }

    func run(unnamed sql: String, _ parameters: ParameterBuffer, until deadline: ContinuousClock.Instant) throws(PostgresError) -> ResultHandle {
        try exchange(PostgresError.summary(of: sql), until: deadline) {
            unsafe parameters.withPointers { count, values, lengths, formats in
                unsafe PQsendQueryParams(handle, sql, count, parameters.types, values, lengths, formats, 1)
            }
        }
    }

    /// Several statements by the simple protocol; the last one's result.
    func run(script: String, operation: String, until deadline: ContinuousClock.Instant) throws(PostgresError) -> ResultHandle {
        try exchange(operation, until: deadline) { unsafe PQsendQuery(handle, script) }
    }

    /// Reads what came in while nothing was asked: a notice, a changed setting, or the end.
    func readNews() -> Bool {
        // Each turn takes what one read brings; a server that never stops talking is not worth keeping.
        for _ in 0..<16 {
            guard poll(for: Int16(POLLIN), until: .now) != nil else { return isOpen }
            guard unsafe PQconsumeInput(handle) == 1 else { return false }
            _ = unsafe PQisBusy(handle)
        }
        return false
    }

    // MARK: One exchange

    /// Sends, then reads until the server is ready again, so that the connection is in step whatever the answer was.
    private func exchange(
        _ operation: @autoclosure () -> String, until deadline: ContinuousClock.Instant, _ send: () -> Int32
    ) throws(PostgresError) -> ResultHandle {
        guard send() == 1 else { throw broken(operation(), "the connection was lost") }
        try flush(operation(), until: deadline)
        var last: ResultHandle?
        var failure: PostgresError?
        while let result = try nextResult(operation(), failure, until: deadline) {
            switch result.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                last = result
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                isTorn = true
                throw PostgresError(.other, operation: operation(), message: "COPY is not supported here")
            default:
                if failure == nil { failure = self.failure(result, operation()) }
            }
        }
        if let failure { throw failure }
        guard let last else { throw broken(operation(), "the server sent no answer") }
        return last
    }

    private func flush(_ operation: @autoclosure () -> String, until deadline: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            switch unsafe PQflush(handle) {
            case 0: return
            case 1:
                // A server that is busy answering does not read: without taking its answer both sides would wait for ever.
                guard let ready = poll(for: Int16(POLLIN | POLLOUT), until: deadline) else { throw silent(operation()) }
                if ready & Int16(POLLIN) != 0, unsafe PQconsumeInput(handle) != 1 { throw broken(operation(), "the connection was lost") }
            default: throw broken(operation(), "the connection was lost")
            }
        }
    }

    private func nextResult(
        _ operation: @autoclosure () -> String, _ failure: PostgresError?, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle? {
        while unsafe PQisBusy(handle) == 1 {
            guard poll(for: Int16(POLLIN), until: deadline) != nil else { throw silent(operation()) }
            // The server's farewell says more than the hang-up behind it.
            guard unsafe PQconsumeInput(handle) == 1 else { throw failure ?? broken(operation(), "the connection was lost") }
        }
        guard let result = unsafe PQgetResult(handle) else { return nil }
        return unsafe ResultHandle(taking: result)
    }

    private func failure(_ result: ResultHandle, _ operation: String) -> PostgresError {
        if let fields = result.serverFields { return PostgresError(server: fields, operation: operation) }
        if isOpen { return PostgresError(.other, operation: operation, message: "libpq could not carry out the statement") }
        return broken(operation, "the connection was lost")
    }

    private func silent(_ operation: String) -> PostgresError {
        isTorn = true
        return PostgresError(.unavailable, operation: operation, message: "the server did not answer in time")
    }

    private func broken(_ operation: String, _ message: String) -> PostgresError {
        isTorn = true
        return PostgresError(.unavailable, operation: operation, message: message)
    }

    // MARK: Waiting

    /// The events that came, nil at the deadline.
    func poll(for events: Int16, until deadline: ContinuousClock.Instant) -> Int16? {
        unsafe Self.poll(descriptor: PQsocket(handle), for: events, until: deadline)
    }

    /// Asked without waiting.
    static func hasInput(_ descriptor: Int32) -> Bool { poll(descriptor: descriptor, for: Int16(POLLIN), until: .now) != nil }

    private static func poll(descriptor: Int32, for events: Int16, until deadline: ContinuousClock.Instant) -> Int16? {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let left = (deadline - .now).milliseconds + 1
            let ready = unsafe Glibc.poll(&entry, 1, Int32(clamping: left > 1 ? left : 0))
            if ready > 0 { return entry.revents }
            // EINTR is the one failure a valid call has.
            if ready == 0, deadline <= .now { return nil }
        }
    }
}
