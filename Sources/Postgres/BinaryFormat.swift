internal import Primitives

/// Reads PostgreSQL's binary formats; nil for bytes that are not what the type promises.
enum BinaryFormat {
    /// The caller has checked that the bytes are there.
    static func integer<Integer: FixedWidthInteger & BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) -> Integer {
        unsafe Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    static func wideInteger(_ bytes: UnsafeRawBufferPointer, type: UInt32) -> Int64? {
        switch (type, bytes.count) {
        case (ServerType.int8, 8): unsafe integer(bytes)
        case (ServerType.int4, 4): unsafe Int64(integer(bytes) as Int32)
        case (ServerType.int2, 2): unsafe Int64(integer(bytes) as Int16)
        default: nil
        }
    }

    static func text(_ bytes: UnsafeRawBufferPointer, type: UInt32) -> String? {
        switch type {
        case ServerType.text, ServerType.varchar, ServerType.bpchar, ServerType.name, ServerType.json:
            return unsafe String(validating: bytes, as: UTF8.self)
        case ServerType.jsonb:
            // Its binary format is the text behind a version byte, which has been 1 ever since.
            guard unsafe bytes.first == 1 else { return nil }
            return unsafe String(validating: bytes.dropFirst(), as: UTF8.self)
        default:
            return nil
        }
    }

    static func texts(_ bytes: UnsafeRawBufferPointer) -> [String]? {
        unsafe array(bytes) { type, element in unsafe text(element, type: type) }
    }

    static func ids(_ bytes: UnsafeRawBufferPointer) -> [Identifier]? {
        unsafe array(bytes) { type, element in unsafe type == ServerType.uuid ? id(element) : nil }
    }

    static func id(_ bytes: UnsafeRawBufferPointer) -> Identifier? {
        bytes.count == 16 ? unsafe Identifier(high: integer(bytes), low: integer(bytes, at: 8)) : nil
    }

    /// One dimension, no nulls.
    private static func array<Element>(
        _ bytes: UnsafeRawBufferPointer, _ decode: (_ type: UInt32, _ bytes: UnsafeRawBufferPointer) -> Element?
    ) -> [Element]? {
        guard bytes.count >= 12 else { return nil }
        let dimensions: Int32 = unsafe integer(bytes)
        let elementType: UInt32 = unsafe integer(bytes, at: 8)
        if dimensions == 0 { return bytes.count == 12 ? [] : nil }
        guard dimensions == 1, bytes.count >= 20 else { return nil }
        let count: Int32 = unsafe integer(bytes, at: 12)
        // Every element has four bytes of length, so a count beyond that is a lie that must not reserve memory.
        guard count >= 0, Int(count) <= (bytes.count - 20) / 4 else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        var cursor = 20
        for _ in 0..<count {
            guard bytes.count - cursor >= 4 else { return nil }
            let length: Int32 = unsafe integer(bytes, at: cursor)
            cursor += 4
            guard length >= 0, Int(length) <= bytes.count - cursor else { return nil }
            let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[cursor..<cursor + Int(length)])
            guard let element = unsafe decode(elementType, part) else { return nil }
            elements.append(element)
            cursor += Int(length)
        }
        return cursor == bytes.count ? elements : nil
    }
}
