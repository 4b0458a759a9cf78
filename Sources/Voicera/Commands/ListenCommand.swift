import ArgumentParser
import Foundation
import Hummingbird
import Jobs
import Logging
import NIOCore
import Primitives
import ServiceLifecycle
import Synchronization

struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen", abstract: "Receive webhooks here: verify their signatures, print what arrives, fail on demand.")

    @Option(help: "Where to listen; port 0 takes a free one.")
    var listen = ListenAddress(host: "127.0.0.1", port: 0)
    @Option(help: "The endpoint's secret, whsec_… (VOICERA_LISTEN_SECRET).")
    var secret: String?
    @Option(help: "A file with the secret, read again when it changes.")
    var secretFile: String?
    @Option(help: "Answer the first N requests with a status: 500:3.")
    var fail: FailurePlan?
    @Option(help: "Answer after this time, such as 200ms or 2s.")
    var delay: ShortDuration?
    @Flag(help: "Take requests and never answer.")
    var hang = false
    @OptionGroup var past: ListenReplay

    func run() async throws {
        let receiver = Receiver(
            secret: SecretSource(text: secret ?? Environment.value("VOICERA_LISTEN_SECRET"), path: secretFile), plan: fail, delay: delay?.duration,
            hangs: hang)
        var logger = Logger(label: "listen") { _ in JSONLogHandler() }
        logger.logLevel = .error
        let host = listen.host
        let past = past
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in try await receiver.receive(request) },
            configuration: .init(address: .hostname(host, port: listen.port)),
            onServerRunning: { channel in
                let address = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
                let url = "http://\(address):\(channel.localAddress?.port ?? 0)"
                printNow("listening on \(url)")
                do { if let line = try await past.begin(at: url) { printNow(line) } } catch { Hint.say("\(error)") }
            },
            logger: logger)
        try await application.runService()
    }
}

/// Written at once, since a script may wait for the line.
func printNow(_ line: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}

/// `500:3`: three times 500, then success.
struct FailurePlan: ExpressibleByArgument {
    var status: Int
    var times: Int

    init?(argument: String) {
        let sides = argument.split(separator: ":")
        guard let status = sides.first.flatMap({ Int($0) }), (200...599).contains(status), sides.count <= 2 else { return nil }
        guard let times = sides.count == 2 ? Int(sides[1]) : .max, times >= 0 else { return nil }
        self.status = status
        self.times = times
    }
}

/// `200ms`, `2s`, `1m`.
struct ShortDuration: ExpressibleByArgument {
    var duration: Duration

    init?(argument: String) {
        for (unit, scale) in [("ms", 1000.0), ("s", 1_000_000.0), ("m", 60_000_000.0)] where argument.hasSuffix(unit) {
            guard let number = Double(argument.dropLast(unit.count)), number >= 0, number < 1e6 else { continue }
            duration = .microseconds(Int64(number * scale))
            return
        }
        return nil
    }
}

/// The secret, from the command line or a file that may come later.
private struct SecretSource: Sendable {
    var text: String?
    var path: String?

    func secret() -> WebhookSecret? {
        let current = text ?? path.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }?.trimmingCharacters(in: .whitespacesAndNewlines)
        return current.flatMap { WebhookSecret($0) }
    }
}

/// Takes webhooks, one line of output each.
private final class Receiver: Sendable {
    private let secret: SecretSource
    private let plan: FailurePlan?
    private let delay: Duration?
    private let hangs: Bool
    private let failed = Mutex(0)

    init(secret: SecretSource, plan: FailurePlan?, delay: Duration?, hangs: Bool) {
        self.secret = secret
        self.plan = plan
        self.delay = delay
        self.hangs = hangs
    }

    func receive(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let bytes = Array(body.readableBytesView)
        let id = header("webhook-id", of: request)
        let verdict = verdict(on: request, id: id, body: bytes)
        if hangs {
            printNow("\(id)  \(verdict)  hanging")
            try await Task.sleep(for: .seconds(3600))
        }
        if let delay { try await Task.sleep(for: delay) }
        let status = verdict.isAccepted ? nextStatus() : 401
        printNow("\(id)  attempt \(header("webhook-attempt", of: request))  \(verdict)  answered \(status)  \(String(decoding: bytes, as: UTF8.self))")
        return Response(status: .init(code: status), body: .init(byteBuffer: ByteBuffer(string: verdict.isAccepted ? "ok\n" : "\(verdict)\n")))
    }

    private func nextStatus() -> Int {
        guard let plan else { return 200 }
        return failed.withLock { failed in
            guard failed < plan.times else { return 200 }
            failed += 1
            return plan.status
        }
    }

    private enum Verdict: CustomStringConvertible {
        case verified, unsigned, stale, forged

        /// Without a secret nothing can be checked, and everything is taken.
        var isAccepted: Bool { self == .verified || self == .unsigned }

        var description: String {
            switch self {
            case .verified: "signature ok"
            case .unsigned: "signature not checked (no secret given)"
            case .stale: "timestamp outside the tolerance"
            case .forged: "SIGNATURE WRONG"
            }
        }
    }

    private func verdict(on request: Request, id: String, body: [UInt8]) -> Verdict {
        guard let secret = secret.secret() else { return .unsigned }
        guard let timestamp = Int64(header("webhook-timestamp", of: request)) else { return .forged }
        let age = Date.now.timeIntervalSince1970 - Double(timestamp)
        guard abs(age) <= StandardWebhooks.tolerance.seconds else { return .stale }
        let signature = header("webhook-signature", of: request)
        return StandardWebhooks.verify(header: signature, id: id, timestamp: timestamp, body: body, secret: secret) ? .verified : .forged
    }

    private func header(_ name: String, of request: Request) -> String {
        request.headers.first { $0.name.canonicalName == name }?.value ?? "-"
    }
}
