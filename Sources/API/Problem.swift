import HTTPTypes
import Hummingbird

/// An error as the client sees it (RFC 9457). Nothing in it comes from a stack, a statement or a secret.
struct Problem: Error, Sendable {
    /// One thing that is wrong with a request.
    struct Fault: Sendable, Equatable {
        enum Place: Sendable, Equatable {
            /// JSON pointer into the body; empty for the whole.
            case body(pointer: String)
            case parameter(String)
        }
        var place: Place
        var reason: String
    }

    var status: HTTPResponse.Status
    /// For programs: a word that stays.
    var code: String
    /// For people.
    var detail: String
    /// Names the kind, where somebody else has named it already; ours, by its code, when nil.
    var type: String?
    var faults: [Fault] = []
    var headers: HTTPFields = [:]
    /// Of this kind of problem only.
    var additional: [(String, JSON)] = []

    /// Faults listed at most; a batch can have thousands.
    private static let mostFaults = 50

    func members(requestID: String) -> [(String, JSON)] {
        var members: [(String, JSON)] = [
            ("type", .string(type ?? "https://voicera.ai/problems/\(code)")), ("title", .string(title)), ("status", .int(status.code)),
            ("detail", .string(detail)), ("code", .string(code)), ("requestId", .string(requestID)),
        ]
        if !faults.isEmpty { members.append(("errors", .array(faults.prefix(Self.mostFaults).map(\.json)))) }
        return members + additional
    }

    func response(requestID: String) -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: JSON.object(members(requestID: requestID)).text)))
    }

    private var title: String { status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase }
}

extension Problem.Fault {
    static func body(_ pointer: String, _ reason: String) -> Self { Self(place: .body(pointer: pointer), reason: reason) }
    static func parameter(_ name: String, _ reason: String) -> Self { Self(place: .parameter(name), reason: reason) }

    fileprivate var json: JSON {
        switch place {
        case .body(let pointer): ["pointer": .string(pointer), "reason": .string(reason)]
        case .parameter(let name): ["parameter": .string(name), "reason": .string(reason)]
        }
    }
}

extension Problem {
    static func invalid(_ faults: [Fault]) -> Problem {
        let detail = faults.count == 1 ? "One value of the request is not valid." : "\(faults.count) values of the request are not valid."
        return Problem(status: .unprocessableContent, code: "validation_failed", detail: detail, faults: faults)
    }

    static func notFound(_ what: String) -> Problem {
        Problem(status: .notFound, code: "not_found", detail: "There is no \(what) with this id.")
    }

    static let unknownRoute = Problem(status: .notFound, code: "unknown_route", detail: "There is nothing at this path.")

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        Problem(
            status: .methodNotAllowed, code: "method_not_allowed", detail: "This path takes \(allowed.joined(separator: ", ")).",
            headers: [.allow: allowed.joined(separator: ", ")])
    }

    static let malformedRequest = Problem(status: .badRequest, code: "bad_request", detail: "The request cannot be understood.")

    static let headersTooLarge = Problem(
        status: .requestHeaderFieldsTooLarge, code: "headers_too_large", detail: "The request's headers are larger than 32 KiB, or more than 100.")

    static let invalidIdempotencyKey = Problem(
        status: .badRequest, code: "invalid_idempotency_key", detail: "An Idempotency-Key has 1 to 255 printable ASCII characters.")

    static func badJSON(_ detail: String) -> Problem { Problem(status: .badRequest, code: "invalid_json", detail: detail) }

    static func tooLarge(_ what: String, limit: Int, pointer: String? = nil) -> Problem {
        Problem(
            status: .contentTooLarge, code: "too_large", detail: "The \(what) is larger than \(limit / 1024) KiB.",
            faults: pointer.map { [.body($0, "is larger than \(limit / 1024) KiB")] } ?? [])
    }

    static let unsupportedMediaType = Problem(
        status: .unsupportedMediaType, code: "unsupported_media_type", detail: "The body must be application/json in UTF-8, not encoded.")

    static let unauthenticated = Problem(
        status: .unauthorized, code: "unauthenticated",
        detail: "A key or an access token is needed: 'Authorization: Bearer <key or token>' or 'X-API-Key: <key>'.",
        headers: [.wwwAuthenticate: "Bearer realm=\"voicera\""])

    static let invalidKey = Problem(
        status: .unauthorized, code: "invalid_key", detail: "The key or token is not valid.",
        headers: [.wwwAuthenticate: "Bearer realm=\"voicera\", error=\"invalid_token\""])

    static func missingScope(_ scopes: [String]) -> Problem {
        let names = scopes.joined(separator: " or ")
        return Problem(
            status: .forbidden, code: "missing_scope", detail: "The key or token lacks the scope \(names).",
            headers: [.wwwAuthenticate: "Bearer realm=\"voicera\", error=\"insufficient_scope\", scope=\"\(scopes.first ?? "")\""])
    }

    static let cursorOfAnotherList = Problem(
        status: .conflict, code: "cursor_of_another_list", detail: "The cursor is of another list than the one that is asked for.")

    static let idempotencyMismatch = Problem(
        status: .unprocessableContent, code: "idempotency_key_reused", detail: "The Idempotency-Key was used before with another request.")

    static let idempotencyInProgress = Problem(
        status: .conflict, code: "idempotency_in_progress",
        detail: "A request with the same Idempotency-Key is under way; try again when it has ended.",
        headers: [.retryAfter: "1"])

    static func unavailable(_ code: String, _ detail: String) -> Problem {
        Problem(status: .serviceUnavailable, code: code, detail: detail, headers: [.retryAfter: "1"])
    }

    static let changedMeanwhile = Problem(
        status: .conflict, code: "changed_meanwhile", detail: "Another request came in between; nothing was stored.", headers: [.retryAfter: "1"])

    static let storageAway = unavailable("storage_unavailable", "The storage does not answer at the moment.")
    static let overloaded = unavailable("overloaded", "More is waiting to be stored than we may hold; nothing of this request was.")

    static func draining(_ queue: String) -> Problem {
        Problem(
            status: .conflict, code: "queue_draining", detail: "The queue \(queue) takes no new jobs at the moment.",
            headers: [.retryAfter: "60"])
    }

    static func rateLimited(seconds: Int) -> Problem {
        Problem(
            status: .tooManyRequests, code: "rate_limited", detail: "There were too many requests of this kind; the next may come in \(seconds) s.",
            // As the draft of the RateLimit headers has it.
            type: "https://iana.org/assignments/http-problem-types#quota-exceeded", headers: [.retryAfter: String(seconds)])
    }

    static let internalError = Problem(
        status: .internalServerError, code: "internal_error", detail: "Something went wrong on our side; the request id names it in our log.")
}
