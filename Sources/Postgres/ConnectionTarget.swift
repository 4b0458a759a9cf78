internal import CLibPQ

/// What libpq reads out of a URL.
struct ConnectionTarget {
    var password = ""
    var address = ""

    init(url: String) throws(PostgresError) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://"), !url.utf8.contains(0) else {
            throw Self.refusal("the URL must begin with postgres:// or postgresql://")
        }
        // An unencoded @ or / in a password moves a piece of it into the host's place, from where libpq would print it.
        let rest = url.drop { $0 != ":" }.dropFirst(3)
        if let at = rest.lastIndex(of: "@"), rest[..<at].contains("@") || rest[..<at].contains("/") {
            throw Self.refusal("special characters in the URL must be percent-encoded")
        }
        guard let options = Self.parse(url) else { throw Self.refusal("libpq cannot read the URL") }
        let ports = options["port"] ?? ""
        guard ports.utf8.allSatisfy({ $0 == 0x2c || (0x30...0x39).contains($0) }) else { throw Self.refusal("the URL's port is no number") }
        password = options["password"] ?? ""
        let user = options["user"].map { $0 + "@" } ?? ""
        let port = ports.isEmpty ? "" : ":" + ports
        address = user + (options["host"] ?? options["hostaddr"] ?? "") + port + "/" + (options["dbname"] ?? "")
    }

    /// libpq's own words are left out: they repeat the piece of the URL that they dislike.
    private static func refusal(_ message: String) -> PostgresError {
        PostgresError(.other, operation: "configure", message: message)
    }

    private static func parse(_ url: String) -> [String: String]? {
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(url, &complaint) else {
            unsafe PQfreemem(complaint)
            return nil
        }
        defer { unsafe PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val { unsafe values[String(cString: keyword)] = String(cString: value) }
            unsafe option += 1
        }
        return values
    }
}
