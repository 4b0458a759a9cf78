internal import Primitives

/// A value whose binary format has a size that is known before it is written.
protocol ParameterElement {
    var encodedCount: Int { get }
    /// Writes exactly `encodedCount` bytes.
    func store(to target: UnsafeMutableRawPointer)
}

extension ParameterElement where Self: FixedWidthInteger {
    var encodedCount: Int { Self.bitWidth / 8 }
    func store(to target: UnsafeMutableRawPointer) { unsafe target.storeBytes(of: bigEndian, as: Self.self) }
}

extension Int16: ParameterElement {}
extension Int32: ParameterElement {}
extension Int64: ParameterElement {}
extension UInt64: ParameterElement {}

extension Bool: ParameterElement {
    var encodedCount: Int { 1 }
    func store(to target: UnsafeMutableRawPointer) { unsafe target.storeBytes(of: self ? 1 : 0, as: UInt8.self) }
}

extension Identifier: ParameterElement {
    var encodedCount: Int { 16 }
    func store(to target: UnsafeMutableRawPointer) {
        unsafe high.store(to: target)
        unsafe low.store(to: target + 8)
    }
}

extension String: ParameterElement {
    var encodedCount: Int { utf8.count }
    func store(to target: UnsafeMutableRawPointer) {
        let buffer = unsafe UnsafeMutableRawBufferPointer(start: target, count: utf8.count)
        unsafe buffer.copyBytes(from: utf8)
    }
}

extension [UInt8]: ParameterElement {
    var encodedCount: Int { count }
    func store(to target: UnsafeMutableRawPointer) {
        unsafe withUnsafeBytes { source in
            if let base = source.baseAddress { unsafe target.copyMemory(from: base, byteCount: source.count) }
        }
    }
}
