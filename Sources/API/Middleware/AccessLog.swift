import Hummingbird
import HTTPTypes
import Identity
import Logging
import Primitives

/// One line a request. No header, no query and no body is in it: they hold keys, cursors and customers' data.
enum AccessLog {
    static func note(_ request: Request, _ context: APIContext, status: HTTPResponse.Status, took: Duration) {
        let level: Logger.Level = status.code < 500 ? .info : .warning
        guard context.logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "method": .string(request.method.rawValue), "path": .string(PathText.shown(request.uri.path)),
            "status": .stringConvertible(status.code), "microseconds": .stringConvertible(took.microseconds),
        ]
        if let caller = context.caller.known {
            metadata["workspace"] = .stringConvertible(caller.workspace)
            metadata["principal"] = .stringConvertible(caller.principal)
        }
        context.requestLogger.log(level: level, "request", metadata: metadata)
    }
}
