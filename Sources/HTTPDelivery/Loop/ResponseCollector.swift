/// Gathers a response within bounds, whatever the receiver sends.
struct ResponseCollector {
    private(set) var headers = HeaderBlock()
    private(set) var body: [UInt8] = []
    private(set) var bodyTruncated = false
    private(set) var hasBegun = false
    private(set) var headersExceeded = false
    private let maximumBody: Int
    private var receivedHeaderBytes = 0
    /// The empty line behind the headers has come.
    private(set) var hasWholeHead = false

    static let keptHeaders = 128
    static let keptHeaderSize = 16 * 1024
    /// Beyond this the receiver is not answering, it is filling us up. Counts interim responses and trailers.
    static let endurableHeaderSize = 64 * 1024

    init(maximumBody: Int) { self.maximumBody = maximumBody }

    /// One line with its line end. False ends the transfer.
    mutating func append(headerLine line: UnsafeRawBufferPointer) -> Bool {
        hasBegun = true
        receivedHeaderBytes += line.count
        guard receivedHeaderBytes <= Self.endurableHeaderSize else {
            headersExceeded = true
            return false
        }
        if unsafe line.starts(with: "HTTP/".utf8), unsafe line.firstIndex(of: UInt8(ascii: ":")) == nil {
            // After an interim response (1xx) the next status line begins the real one.
            headers.removeAll()
            hasWholeHead = false
            return true
        }
        let content = unsafe Self.trimmed(line)
        if unsafe content.isEmpty { hasWholeHead = true }
        // What comes after the empty line is a trailer.
        guard !hasWholeHead, headers.count < Self.keptHeaders, headers.byteCount + content.count <= Self.keptHeaderSize,
            unsafe content.contains(UInt8(ascii: ":"))
        else { return true }
        unsafe headers.append(line: content)
        return true
    }

    /// False ends the transfer: the body is longer than wanted.
    mutating func append(body bytes: UnsafeRawBufferPointer) -> Bool {
        let room = maximumBody - body.count
        guard bytes.count <= room else {
            unsafe body.append(contentsOf: bytes.prefix(max(0, room)))
            bodyTruncated = true
            return false
        }
        unsafe body.append(contentsOf: bytes)
        return true
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var rest = unsafe bytes[...]
        while let last = unsafe rest.last, last <= 0x20 { unsafe rest.removeLast() }
        while let first = unsafe rest.first, first <= 0x20 { unsafe rest.removeFirst() }
        return unsafe UnsafeRawBufferPointer(rebasing: rest)
    }
}
