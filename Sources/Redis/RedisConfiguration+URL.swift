extension RedisConfiguration {
    /// The pieces of a Redis URL. Its errors never repeat the URL, which may hold a password.
    struct URLParts {
        var address: Address
        var usesTLS = false
        var username: String?
        var password: String?
        var database = 0

        init(_ url: String) throws(RedisError) {
            guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { throw Self.error("no scheme in the Redis URL") }
            let scheme = url[..<colon].lowercased()
            let rest = url[url.index(colon, offsetBy: 3)...]
            let beforeQuery = rest.prefix { $0 != "?" && $0 != "#" }
            let authority = beforeQuery.prefix { $0 != "/" }
            let path = beforeQuery[authority.endIndex...]

            var host = authority
            var credentials: Substring?
            // The last @: a password with an unescaped one is common.
            if let at = authority.lastIndex(of: "@") {
                credentials = authority[..<at]
                host = authority[authority.index(after: at)...]
            }
            switch scheme {
            case "redis", "rediss":
                address = try Self.tcpAddress(host)
                usesTLS = scheme == "rediss"
                if path.count > 1 { database = try Self.database(path.dropFirst()) }
            case "unix":
                guard host.isEmpty, path.count > 1 else { throw Self.error("a unix Redis URL needs an absolute path") }
                address = .unixSocket(path: try Self.decoded(path))
            default:
                throw Self.error("the scheme of the Redis URL is none of redis, rediss, unix")
            }
            if let credentials {
                let user = credentials.prefix { $0 != ":" }
                username = user.isEmpty ? nil : try Self.decoded(user)
                password = user.endIndex == credentials.endIndex ? nil : try Self.decoded(credentials[user.endIndex...].dropFirst())
                if username != nil, password == nil { throw Self.error("a user without a password in the Redis URL") }
            }
            let query = rest[beforeQuery.endIndex...].dropFirst()
            for item in query.prefix(while: { $0 != "#" }).split(separator: "&") where item.hasPrefix("db=") {
                database = try Self.database(item.dropFirst(3))
            }
        }

        private static func tcpAddress(_ text: Substring) throws(RedisError) -> Address {
            var host = text
            var port: Substring?
            if text.hasPrefix("[") {
                guard let end = text.firstIndex(of: "]") else { throw error("a bracket is open in the Redis URL") }
                host = text[..<end].dropFirst()
                let after = text[end...].dropFirst()
                guard after.isEmpty || after.hasPrefix(":") else { throw error("the port in the Redis URL is no number") }
                port = after.isEmpty ? nil : after.dropFirst()
            } else if let colon = text.lastIndex(of: ":") {
                host = text[..<colon]
                port = text[colon...].dropFirst()
            }
            guard !host.isEmpty else { throw error("no host in the Redis URL") }
            guard let port else { return .tcp(host: String(host), port: 6379) }
            guard let number = Int(port), (1...65535).contains(number) else { throw error("the port in the Redis URL is no number from 1 to 65535") }
            return .tcp(host: String(host), port: number)
        }

        private static func database(_ text: Substring) throws(RedisError) -> Int {
            guard let number = Int(text), number >= 0 else { throw error("the database in the Redis URL is no number") }
            return number
        }

        /// Percent-decoding, of bytes: `%40` is an `@` in a password.
        private static func decoded(_ text: Substring) throws(RedisError) -> String {
            var bytes: [UInt8] = []
            var input = text.utf8.makeIterator()
            while let byte = input.next() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte)
                    continue
                }
                guard let high = input.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue }),
                    let low = input.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue })
                else { throw error("a broken percent escape in the Redis URL") }
                bytes.append(UInt8(high << 4 | low))
            }
            guard let string = String(validating: bytes, as: UTF8.self) else { throw error("the Redis URL is not UTF-8") }
            return string
        }

        private static func error(_ reason: String) -> RedisError { RedisError(.configuration, operation: "configuration", reason: reason) }
    }
}
