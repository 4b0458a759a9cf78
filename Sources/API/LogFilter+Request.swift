import Ledger
import Primitives

extension LogFilter {
    /// What the list's parameters ask for.
    init(_ query: inout Query, workspace: WorkspaceID) {
        self.init()
        type = query.text("type")
        job = query.id("jobId", of: JobID.self)
        kind = query.text("kind")
        lanes = query.text("lane").map { LaneName.candidates($0, workspace: workspace) }
        outcome = query.text("outcome")
        status = query.text("status").flatMap { text in
            let range = Self.statuses(text)
            query.require("status", range != nil, "must be a status such as 404, or a class of them such as 4xx")
            return range
        }
        method = query.text("method")
        route = query.text("route")
        principal = query.text("principal")
        address = query.text("address").flatMap { text in
            query.require("address", Self.isNetwork(text), "must be an address, or a network such as 192.0.2.0/24")
            return text
        }
        requestID = query.text("requestId")
        trace = query.text("traceId").flatMap { text in
            let trace = Self.trace(text)
            query.require("traceId", trace != nil, "must be 32 hexadecimal digits in small letters")
            return trace
        }
        errorClass = query.text("errorClass")
        longerThan = query.number("durationAbove", in: 0...Self.longestDuration)
        since = query.time("since")
        until = query.time("until")
    }

    /// A day, in microseconds.
    static let longestDuration: Int64 = 86_400_000_000

    private static func statuses(_ text: String) -> ClosedRange<Int32>? {
        guard text.utf8.count == 3, let hundreds = text.utf8.first, (UInt8(ascii: "1")...UInt8(ascii: "5")).contains(hundreds) else { return nil }
        if text.dropFirst() == "xx" {
            let first = Int32(hundreds - UInt8(ascii: "0")) * 100
            return first...first + 99
        }
        return text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int32(text).map { $0...$0 } : nil
    }

    /// As PostgreSQL reads it: bits behind the prefix do not matter.
    private static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])), !text.contains("%") else { return false }
        guard parts.count == 2 else { return true }
        guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]) else { return false }
        return length <= (address.family == .v4 ? 32 : 128)
    }

    private static func trace(_ text: String) -> Identifier? {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        return Identifier(high: high, low: low)
    }
}
