/// How the HTTP server listens, apart from where.
package struct ServerSettings: Sendable {
    /// For how long a client may keep a connection without getting anywhere.
    package struct Patience: Sendable {
        /// From the connection to the end of the first request's headers, and for a TLS handshake.
        package var headers = Duration.seconds(15)
        /// From the headers to the end of the body.
        package var body = Duration.seconds(60)
        /// Between two requests.
        package var idle = Duration.seconds(60)
        /// For a body that is still coming after it was answered for, such as one that is too large.
        package var leftover = Duration.seconds(5)

        package init() {}
    }

    /// A certificate chain and its key, as PEM files. They are looked at again every `interval`, so that a renewed one needs no restart.
    package struct Certificate: Sendable {
        package var chain: String
        package var key: String
        package var interval = Duration.seconds(10)

        package init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    package var patience = Patience()
    /// Nil for plain HTTP/1.1. With one, clients choose between HTTP/2 and HTTP/1.1.
    package var certificate: Certificate?
    /// Sites whose pages may call the API from a browser.
    package var origins = Origins.none
    package var mostConnections = 10_000

    package init() {}
}

/// Which sites' pages may call the API.
package enum Origins: Sendable, Equatable {
    case none
    case all
    case some(Set<String>)

    /// `*`, or origins such as `https://app.example.com` with commas between. Nil for anything else.
    package init?(parsing text: String) {
        let parts = text.split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
        if parts == ["*"] {
            self = .all
        } else if parts.allSatisfy(Self.isOrigin) {
            self = parts.isEmpty ? .none : .some(Set(parts))
        } else {
            return nil
        }
    }

    /// Scheme, host and port, and nothing after them.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let authority = text.dropFirst(scheme.count)
        return !authority.isEmpty && authority.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "-.:[]".utf8.contains(byte)
            }
        }
    }
}
