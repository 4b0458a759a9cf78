import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Logging
import Postgres
import Primitives

/// Writes that answer the same again when they are repeated with the same `Idempotency-Key`.
struct OnceOnly: Sendable {
    /// What a client is answered with: everything that a repeated request needs.
    struct Answer: Sendable {
        var status: HTTPResponse.Status
        var json: JSON
        var location: String?
        var etag: String?
        /// Deliveries of what was published in the same transaction; the index is told of them after the commit. Nothing of it is repeated.
        var deliveries: [NewJob] = []
        /// What else is to be told after the commit. Nothing of it is repeated.
        var afterCommit: @Sendable () -> Void = {}

        init(_ status: HTTPResponse.Status, _ json: JSON, location: String? = nil, etag: String? = nil) {
            self.status = status
            self.json = json
            self.location = location
            self.etag = etag
        }

        var response: Response {
            var response = Response(status, json)
            if let location { response.headers[.location] = location }
            if let etag { response.headers[.eTag] = etag }
            return response
        }
    }

    let services: APIServices

    /// - Parameters:
    ///   - claim: from `Call.body`.
    ///   - hasSecret: whether the answer shows a secret; what is kept of it is sealed then.
    ///   - earlier: reads what another way of doing the same left as the claim's answer; nil for what it does not know.
    func run(
        _ claim: IdempotencyClaim?, hasSecret: Bool = false, earlier: (String) async throws -> Response? = { _ in nil },
        write: @Sendable (PostgresConnection) async throws -> Answer
    ) async throws -> Response {
        let sealing: (sealer: Sealer, context: String)? = hasSecret ? claim.map { (services.sealer, "idempotency \($0.workspace) \($0.key)") } : nil
        let known = services.publisher.knownEpochs()
        let outcome = try await ClaimedWrite(pool: services.pool).run(claim, answer: { try Self.stored($0, sealing) }, write: write)
        switch outcome {
        case .done(let answer):
            services.publisher.push(answer.deliveries, under: known)
            answer.afterCommit()
            return answer.response
        case .replayed(let text): return try await (earlier(text) ?? Self.answer(text, sealing).response).replayed(true)
        case .mismatch: throw Problem.idempotencyMismatch
        case .inProgress: throw Problem.idempotencyInProgress
        }
    }

    /// For an action that may be done twice but is answered once: its parts are no single transaction.
    func run(action claim: IdempotencyClaim?, _ act: () async throws -> Answer) async throws -> Response {
        guard let claim else { return try await act().response }
        let claims = ActionClaims(pool: services.pool)
        let owner = services.ids.next()
        switch try await claims.take(claim, for: owner) {
        case .granted: break
        case .replayed(let text): return try Self.answer(text, nil).response.replayed(true)
        case .mismatch: throw Problem.idempotencyMismatch
        case .inProgress: throw Problem.idempotencyInProgress
        }
        let answer: Answer
        do { answer = try await act() } catch {
            // A refusal uses no key up. When the ledger is away the claim stays for its minute.
            try? await claims.giveBack(claim, of: owner)
            throw error
        }
        do { try await claims.store(Self.stored(answer, nil), for: claim, of: owner) } catch {
            // It is done, and the caller is told so; who asks again meanwhile is told to wait.
            services.logger.warning("the answer to an action could not be kept", metadata: ["error": "\(error)"])
        }
        return answer.response
    }

    private static func stored(_ answer: Answer, _ sealing: (sealer: Sealer, context: String)?) throws -> String {
        let text = JSON.object([
            ("status", .int(answer.status.code)), ("location", .optional(answer.location)), ("etag", .optional(answer.etag)), ("json", answer.json),
        ]).text
        guard let sealing else { return text }
        let sealed = try sealing.sealer.seal(Redacted(Array(text.utf8)), context: sealing.context)
        return "\(sealed.keyID) \(Data(sealed.bytes).base64EncodedString())"
    }

    private static func answer(_ stored: String, _ sealing: (sealer: Sealer, context: String)?) throws -> Answer {
        var text = stored
        if let sealing {
            let parts = stored.split(separator: " ")
            guard parts.count == 2, let bytes = Data(base64Encoded: String(parts[1])) else { throw Problem.idempotencyMismatch }
            let opened = try sealing.sealer.open(Sealed(bytes: Array(bytes), keyID: String(parts[0])), context: sealing.context)
            text = String(decoding: opened.exposed, as: UTF8.self)
        }
        let json = try RawJSON.body(Array(text.utf8))
        guard let status = json["status"]?.integer, let body = json["json"] else { throw Problem.idempotencyMismatch }
        return Answer(
            HTTPResponse.Status(code: Int(status)), .raw(body.text), location: json["location"]?.string, etag: json["etag"]?.string)
    }
}
