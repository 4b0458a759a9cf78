import CZlib

/// RFC 1952, by zlib.
package enum Gzip {
    /// The whole of the bytes, compressed at zlib's fastest level: answers are made while a client waits. Nil when zlib has no memory.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        guard unsafe voicera_deflate_init_gzip(&stream, Z_BEST_SPEED) == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        var bytes = bytes
        let bound = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
        var isWhole = false
        let compressed = unsafe bytes.withUnsafeMutableBufferPointer { input in
            unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                isWhole = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
                count = unsafe output.count - Int(stream.avail_out)
            }
        }
        return isWhole ? compressed : nil
    }
}
