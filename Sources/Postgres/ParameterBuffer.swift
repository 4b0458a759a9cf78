internal import Primitives

/// The parameters of one statement as libpq takes them: one buffer for all bytes, and where each value lies in it.
/// Arrays are laid out straight into the buffer, so that a batch of rows costs no allocation per value.
struct ParameterBuffer {
    /// Far beyond any batch of ours, and below the server's limit of 1 GB a message.
    static let maximumBytes = 256 << 20
    private static let keptBytes = 4 << 20

    enum Refusal: Error {
        case time
        case size

        var message: String {
            switch self {
            case .time: "a timestamp is out of range"
            case .size: "parameters of more than \(ParameterBuffer.maximumBytes) bytes"
            }
        }
    }

    private(set) var bytes: [UInt8] = []
    /// Where each value begins; -1 for null.
    private(set) var offsets: [Int] = []
    private(set) var lengths: [Int32] = []
    private(set) var types: [UInt32] = []
    private(set) var formats: [Int32] = []

    /// Lays out anew, keeping the memory of the last statement unless that was an exceptionally large one.
    mutating func encode(_ values: [PostgresValue]) throws(Refusal) {
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptBytes)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        for value in values {
            let start = bytes.count
            types.append(value.type)
            if case .null = value {
                offsets.append(-1)
                lengths.append(0)
            } else {
                try append(value)
                offsets.append(start)
                lengths.append(Int32(bytes.count - start))
            }
        }
        while formats.count < values.count { formats.append(1) }
        // A value's address must not be nil, even that of an empty text with nothing else around it.
        bytes.append(0)
    }

    private mutating func append(_ value: PostgresValue) throws(Refusal) {
        switch value {
        case .null: break
        case .bool(let value): try append(single: value)
        case .int16(let value): try append(single: value)
        case .int32(let value): try append(single: value)
        case .int64(let value): try append(single: value)
        case .double(let value): try append(single: Int64(bitPattern: value.bitPattern))
        case .text(let value): try append(single: value)
        case .bytes(let value): try append(single: value)
        case .id(let value): try append(single: value)
        case .timestamp(let microseconds): try append(single: try Self.time(microseconds))
        case .ids(let values): try append(array: values, of: ServerType.uuid)
        case .optionalIDs(let values): try append(optionals: values, of: ServerType.uuid)
        case .texts(let values): try append(array: values, of: ServerType.text)
        case .optionalTexts(let values): try append(optionals: values, of: ServerType.text)
        case .byteArrays(let values): try append(array: values, of: ServerType.bytea)
        case .bools(let values): try append(array: values, of: ServerType.bool)
        case .int16s(let values): try append(array: values, of: ServerType.int2)
        case .int32s(let values): try append(array: values, of: ServerType.int4)
        case .int64s(let values): try append(array: values, of: ServerType.int8)
        case .optionalInt32s(let values): try append(optionals: values, of: ServerType.int4)
        case .optionalInt64s(let values): try append(optionals: values, of: ServerType.int8)
        case .timestamps(let values):
            let times = try values.map { value throws(Refusal) in try Self.time(value) }
            try append(array: times, of: ServerType.timestamptz)
        case .optionalTimestamps(let values):
            let times = try values.map { value throws(Refusal) in if let value { try Self.time(value) } else { nil as Int64? } }
            try append(optionals: times, of: ServerType.timestamptz)
        }
    }

    private static func time(_ microseconds: Int64) throws(Refusal) -> Int64 {
        guard let time = ServerTime.fromUnix(microseconds) else { throw .time }
        return time
    }

    private mutating func append(single value: some ParameterElement) throws(Refusal) {
        unsafe try grow(by: value.encodedCount) { unsafe value.store(to: $0) }
    }

    private mutating func append<Element: ParameterElement>(array values: [Element], of type: UInt32) throws(Refusal) {
        var size = Self.headerSize(values.count)
        for value in values { size += 4 + value.encodedCount }
        unsafe try grow(by: size) { start in
            var cursor = unsafe Self.storeHeader(to: start, count: values.count, hasNull: false, type: type)
            for value in values { unsafe cursor = Self.store(value, to: cursor) }
        }
    }

    private mutating func append<Element: ParameterElement>(optionals values: [Element?], of type: UInt32) throws(Refusal) {
        var size = Self.headerSize(values.count)
        var hasNull = false
        for value in values {
            size += 4 + (value?.encodedCount ?? 0)
            if value == nil { hasNull = true }
        }
        unsafe try grow(by: size) { start in
            var cursor = unsafe Self.storeHeader(to: start, count: values.count, hasNull: hasNull, type: type)
            for value in values {
                if let value {
                    unsafe cursor = Self.store(value, to: cursor)
                } else {
                    unsafe Int32(-1).store(to: cursor)
                    unsafe cursor += 4
                }
            }
        }
    }

    /// Dimensions, null flag, element type, and for a dimension its size and lower bound. An empty array has no dimension.
    private static func headerSize(_ count: Int) -> Int { count == 0 ? 12 : 20 }

    private static func storeHeader(to start: UnsafeMutableRawPointer, count: Int, hasNull: Bool, type: UInt32) -> UnsafeMutableRawPointer {
        unsafe Int32(count == 0 ? 0 : 1).store(to: start)
        unsafe Int32(hasNull ? 1 : 0).store(to: start + 4)
        unsafe Int32(bitPattern: type).store(to: start + 8)
        if count > 0 {
            unsafe Int32(truncatingIfNeeded: count).store(to: start + 12)
            unsafe Int32(1).store(to: start + 16)
        }
        return unsafe start + headerSize(count)
    }

    private static func store(_ value: some ParameterElement, to cursor: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let count = value.encodedCount
        unsafe Int32(truncatingIfNeeded: count).store(to: cursor)
        unsafe value.store(to: cursor + 4)
        return unsafe cursor + 4 + count
    }

    /// - Parameter fill: gets exactly that many bytes.
    private mutating func grow(by count: Int, _ fill: (UnsafeMutableRawPointer) -> Void) throws(Refusal) {
        guard count <= Self.maximumBytes - bytes.count else { throw .size }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        unsafe bytes.withUnsafeMutableBytes { buffer in
            if let base = buffer.baseAddress { unsafe fill(base + start) }
        }
    }
}

extension ParameterBuffer {
    /// Lends what `PQsendQueryPrepared` takes: count, addresses, lengths, formats.
    func withPointers<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let addresses = unsafe offsets.map { offset in unsafe offset < 0 ? nil : start.map { unsafe $0 + offset } }
            return unsafe addresses.withUnsafeBufferPointer { addresses in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe formats.withUnsafeBufferPointer { formats in
                        unsafe body(Int32(offsets.count), addresses.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }
}
