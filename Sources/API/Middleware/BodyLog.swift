import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import Ledger
import NIOCore
import Synchronization

/// Notes bodies for the log, of workspaces that want it: before an answer is compressed.
struct BodyLog: Sendable {
    let policies: LogPolicyFeed

    /// Bodies there are made of credentials.
    private static let silent = ["/api/oauth", "/api/keys"]

    func wants(_ request: Request, _ status: HTTPResponse.Status, _ caller: Credential) -> BodyRedaction? {
        guard let policy = policies.policy(of: caller.workspace), policy.keepsBodies(status: status.code), !request.uri.path.isBelow(Self.silent)
        else { return nil }
        return policy.redaction
    }

    func note(_ response: Response, in caller: APIContext.Caller, redaction: BodyRedaction) async {
        caller.keep(LogLine.Bodies(request: caller.body, response: await Self.copy(of: response), redaction: redaction))
    }

    /// Only JSON of a known and moderate length: a stream is not to be read twice.
    private static func copy(of response: Response) async -> [UInt8]? {
        guard let length = response.body.contentLength, (1...BodyRedaction.largestBody).contains(length),
            let type = response.headers[.contentType], type.hasPrefix("application/"), type.contains("json")
        else { return nil }
        let copy = Copy()
        do { try await response.body.write(copy) } catch { return nil }
        return copy.bytes.withLock { $0 }
    }

    private final class Copy: ResponseBodyWriter, Sendable {
        let bytes = Mutex<[UInt8]>([])

        func write(_ buffer: ByteBuffer) { bytes.withLock { $0 += buffer.readableBytesView } }
        func finish(_ trailingHeaders: HTTPFields?) {}
    }
}

extension String {
    /// Whether it is one of the paths, or a path below one.
    func isBelow(_ paths: [String]) -> Bool {
        paths.contains { hasPrefix($0) && (utf8.count == $0.utf8.count || utf8.dropFirst($0.utf8.count).first == UInt8(ascii: "/")) }
    }
}
