/// A response's header lines as they came, taken apart only when somebody asks: for most answers nobody does.
struct HeaderBlock: Sendable {
    private var bytes: [UInt8] = []
    /// Where each line ends in `bytes`.
    private var ends: [Int] = []

    var count: Int { ends.count }
    var byteCount: Int { bytes.count }

    /// - Parameter line: has a colon, and neither line end nor space around it.
    mutating func append(line: UnsafeRawBufferPointer) {
        unsafe bytes.append(contentsOf: line)
        ends.append(bytes.count)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    var all: [(name: String, value: String)] {
        var start = 0
        return ends.map { end in
            defer { start = end }
            let line = bytes[start..<end]
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            let value = line[name.endIndex...].dropFirst().drop { $0 <= 0x20 }
            return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
    }
}
