import NIOCore

/// How a receiver of the bench answers.
struct ReceiverBehaviour: Sendable {
    /// Of a hundred ids, so many are answered with 500, every time.
    var failing = 0
    /// And so many others after `delay`.
    var slow = 0
    var delay = TimeAmount.milliseconds(500)

    static let usualPath = "/hook"
    /// Takes a request and says nothing for half a minute.
    static let hangingPath = "/hang"
    static let throttlingPath = "/throttle"

    struct Answer {
        var status: Int
        var delay: TimeAmount?
        var bytes: ByteBuffer
    }

    private static let ok = ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok")
    private static let failed = ByteBuffer(string: "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno")
    private static let throttled = ByteBuffer(string: "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n")

    func answer(to id: String, at path: String?) -> Answer {
        switch path {
        case Self.hangingPath: return Answer(status: 200, delay: .seconds(30), bytes: Self.ok)
        case Self.throttlingPath: return Answer(status: 429, delay: nil, bytes: Self.throttled)
        default: break
        }
        guard failing + slow > 0 else { return Answer(status: 200, delay: nil, bytes: Self.ok) }
        // The same at every attempt of a delivery, and spread evenly.
        let place = Int(id.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 } >> 32 % 100)
        if place < failing { return Answer(status: 500, delay: nil, bytes: Self.failed) }
        return Answer(status: 200, delay: place < failing + slow ? delay : nil, bytes: Self.ok)
    }
}
