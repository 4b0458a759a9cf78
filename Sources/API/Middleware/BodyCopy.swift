import HTTPTypes
import Hummingbird
import HummingbirdCore
import Ledger
import NIOCore
import Synchronization

/// What an answer says, for the log. Only JSON of a known and moderate length: a stream is not to be read twice.
enum BodyCopy {
    static func of(_ response: Response) async -> [UInt8]? {
        guard let length = response.body.contentLength, (1...BodyRedaction.largestBody).contains(length),
            let type = response.headers[.contentType], type.hasPrefix("application/") && type.contains("json"),
            response.headers[.contentEncoding] == nil
        else { return nil }
        let copy = Writer()
        do { try await response.body.write(copy) } catch { return nil }
        return copy.bytes.withLock { $0 }
    }

    private final class Writer: ResponseBodyWriter {
        let bytes = Mutex<[UInt8]>([])

        func write(_ buffer: ByteBuffer) { bytes.withLock { $0 += buffer.readableBytesView } }
        func finish(_ trailingHeaders: HTTPFields?) {}
    }
}
