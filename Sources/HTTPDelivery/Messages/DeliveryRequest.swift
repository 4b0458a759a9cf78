/// One HTTP request to a receiver.
package struct DeliveryRequest: Sendable {
    package var method = "POST"
    package var url: DeliveryTarget
    /// Sent in this order. Those that frame the message or name its host (`Host`, `Content-Length`, `Connection`, …) are refused: they are the client's.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// From the hand-over to the last byte of the body.
    package var timeout: Duration = .seconds(15)
    /// Lookup, connect and TLS together.
    package var connectTimeout: Duration = .seconds(5)
    /// What is kept of the body; a longer one ends the transfer there and counts as answered.
    package var maxResponseBytes = 16 * 1024

    package init(url: DeliveryTarget, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.url = url
        self.headers = headers
        self.body = body
    }
}

extension DeliveryRequest {
    static let maximumHeaders = 128
    static let maximumHeaderBytes = 64 * 1024

    /// Names that would let a customer's header change where a message ends or who it is for.
    private static let reservedNames: Set<String> = [
        "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    private static let reservedLengths = Set(reservedNames.map(\.utf8.count))

    /// What is wrong with the method or a header, without repeating the value (it may be a secret).
    var objection: String? {
        guard !method.isEmpty, method.utf8.count <= 32, method.utf8.allSatisfy(Self.isTokenByte) else { return "the method is not a token" }
        guard headers.count <= Self.maximumHeaders else { return "more than \(Self.maximumHeaders) headers" }
        var size = 0
        for (name, value) in headers {
            size += name.utf8.count + value.utf8.count
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else { return "a header name is not a token" }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { return "a header value has a control character" }
            if Self.reservedLengths.contains(name.utf8.count), Self.reservedNames.contains(name.lowercased()) { return "the header \(name.lowercased()) is set by the client" }
        }
        return size <= Self.maximumHeaderBytes ? nil : "the headers exceed \(Self.maximumHeaderBytes) bytes"
    }

    /// RFC 9110, 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "-"): true
        default: "!#$%&'*+.^_`|~".utf8.contains(byte)
        }
    }
}
