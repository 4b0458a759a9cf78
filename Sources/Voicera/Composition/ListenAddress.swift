import ArgumentParser

/// `HOST:PORT`; port 0 takes a free one.
struct ListenAddress: ExpressibleByArgument {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]), (0...65535).contains(port) else {
            return nil
        }
        let host = argument[..<colon].trimmingPrefix("[")
        self.init(host: String(host.hasSuffix("]") ? host.dropLast() : host), port: port)
        if self.host.isEmpty { return nil }
    }

    var defaultValueDescription: String { "\(host):\(port)" }
}
