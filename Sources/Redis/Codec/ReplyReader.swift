internal import CHiredis

/// hiredis' incremental parser, for one connection. Belongs to that connection's event loop.
///
/// The only file that touches the C library. Its own limits: arrays in arrays to a depth of seven below the outermost one;
/// what it cannot parse is an error that sticks, after which the connection has to go.
@safe final class ReplyReader {
    struct Violation: Error { let reason: String }

    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: ReplyBuilder
    private let maxReplyBytes: Int
    private var bytesOfReply = 0

    /// Nil when there is no memory for a parser.
    init?(maxReplyBytes: Int) {
        self.maxReplyBytes = maxReplyBytes
        builder = ReplyBuilder()
        unsafe functions = .allocate(capacity: 1)
        unsafe functions.initialize(to: Self.callbacks)
        guard let created = unsafe redisReaderCreateWithFunctions(functions) else {
            unsafe functions.deallocate()
            return nil
        }
        unsafe reader = unsafe created
        // Keep up to a megabyte between replies (the default of 16 kB would free and grow the buffer for every batch of ours),
        // but not for ever what one huge reply needed, as 0 would.
        unsafe reader.pointee.maxbuf = 1 << 20
        // Unretained: the builder lives as long as this object, and the parser no longer than it.
        unsafe reader.pointee.privdata = unsafe Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe functions.deallocate()
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(Violation) {
        guard bytes.count > 0 else { return }
        bytesOfReply += bytes.count
        let text = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard unsafe redisReaderFeed(reader, text, bytes.count) == REDIS_OK else { throw violation() }
    }

    /// The next whole reply, nil when more bytes are needed.
    func next() throws(Violation) -> RedisValue? {
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw violation() }
        guard unsafe object != nil, let value = builder.take() else {
            guard bytesOfReply <= maxReplyBytes else { throw Violation(reason: "a reply is larger than \(maxReplyBytes) bytes") }
            return nil
        }
        unsafe bytesOfReply = reader.pointee.len - reader.pointee.pos
        return value
    }

    /// The kind of fault, without hiredis' text: that quotes the offending byte, and bytes may be anybody's data.
    private func violation() -> Violation {
        switch unsafe reader.pointee.err {
        case REDIS_ERR_PROTOCOL: Violation(reason: "not the Redis protocol, or nested too deep")
        case REDIS_ERR_OOM: Violation(reason: "out of memory for a reply")
        default: Violation(reason: "the parser failed")
        }
    }

    // MARK: - Callbacks

    /// What the callbacks return for "done": hiredis only asks that it is not null, and never looks behind it.
    private static var token: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: 1) }

    private static func builder(_ task: UnsafePointer<redisReadTask>?) -> ReplyBuilder? {
        guard let context = unsafe task?.pointee.privdata else { return nil }
        return unsafe Unmanaged<ReplyBuilder>.fromOpaque(context).takeUnretainedValue()
    }

    private static var callbacks: redisReplyObjectFunctions {
        unsafe redisReplyObjectFunctions(
            createString: { task, text, length in
                guard let builder = unsafe ReplyReader.builder(task) else { return nil }
                let bytes = unsafe UnsafeRawBufferPointer(start: text, count: length)
                if unsafe task?.pointee.type == REDIS_REPLY_ERROR {
                    builder.add(.error(unsafe String(decoding: bytes, as: UTF8.self)))
                } else {
                    builder.add(.string(unsafe [UInt8](bytes)))
                }
                return unsafe ReplyReader.token
            },
            createArray: { task, count in
                guard let builder = unsafe ReplyReader.builder(task) else { return nil }
                builder.addArray(count: Int(count))
                return unsafe ReplyReader.token
            },
            createInteger: { task, integer in
                guard let builder = unsafe ReplyReader.builder(task) else { return nil }
                builder.add(.integer(integer))
                return unsafe ReplyReader.token
            },
            createNil: { task in
                guard let builder = unsafe ReplyReader.builder(task) else { return nil }
                builder.add(.null)
                return unsafe ReplyReader.token
            },
            freeObject: { _ in })
    }
}
