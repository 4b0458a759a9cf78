import Primitives

/// W3C trace context: where a request belongs in its caller's trace. It goes with the job to the outgoing request.
enum TraceParent {
    /// The caller's when it is valid, else the start of a new trace.
    static func accept(_ header: String?) -> String {
        if let header, isValid(header) { return header }
        return "00-\(hex(UInt64.random(in: 1 ... .max)))\(hex(UInt64.random(in: 1 ... .max)))-\(hex(UInt64.random(in: 1 ... .max)))-01"
    }

    /// `version-trace-parent-flags` in lower-case hex. A later version may have more behind; then only its known part could be passed on, so
    /// that a new trace is the honest answer.
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [2, 32, 16, 2] && parts[0] == "00"
            && parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
            && parts[1].contains { $0 != "0" } && parts[2].contains { $0 != "0" }
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
