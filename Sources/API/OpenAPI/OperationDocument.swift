import HTTPTypes
import Hummingbird
import Identity

/// One operation of the document: what its description says, and what follows from its route.
struct OperationDocument {
    let route: Route

    private var operation: Operation { route.operation }

    var json: JSON {
        var members: [(String, JSON)] = [
            ("operationId", .string(operation.id)), ("tags", [.string(operation.tag.rawValue)]), ("summary", .string(operation.summary)),
        ]
        if let description = operation.description { members.append(("description", .string(description))) }
        let parameters = operation.parameters.filter { $0.place == .query }.map(Self.json)
        if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
        let headers = (operation.parameters.filter { $0.place == .header } + ownHeaders).map(Self.json)
        if !headers.isEmpty { members.append(("x-headers", .array(headers))) }
        if let body = operation.body {
            members.append(
                (
                    "requestBody",
                    .object([
                        ("required", .bool(!body.isOptional)),
                        ("content", .object([(body.mediaType, .object([("schema", body.schema.json), ("example", body.example)]))])),
                    ])
                ))
        }
        members.append(("responses", .object(responses)))
        members.append(("security", security))
        return .object(members)
    }

    /// Headers whose right value depends on what was said before (a version, a key that was used) stand beside the parameters: a program that makes
    /// requests up from the document would be refused for values that the schema allows (decision 45).
    private var ownHeaders: [Parameter] {
        guard route.takesIdempotencyKey else { return [] }
        return [
            .header(
                "Idempotency-Key", .string(1...255, pattern: "^[ -~]+$"),
                "The request is done once for it, and answered the same again for 24 hours; another request with it is a 422.")
        ]
    }

    private static func json(_ parameter: Parameter) -> JSON {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue), "description": .string(parameter.description),
            "required": .bool(parameter.isRequired), "schema": parameter.schema.json,
        ]
    }

    /// Any one scope is enough, so that each is a way in of its own.
    private var security: JSON {
        guard case .guarded(let scopes, _) = route.handler else { return .array(operation.security) }
        let bearer = scopes.map { scope -> JSON in ["oauth": [.string(scope.rawValue)]] }
        return .array([["bearer": []], ["apiKey": []]] + bearer)
    }

    // MARK: Responses

    private var responses: [(String, JSON)] {
        var refusals: [Int: [Problem]] = [:]
        for problem in operation.problems + impliedProblems {
            if refusals[problem.status.code]?.contains(where: { $0.code == problem.code }) != true { refusals[problem.status.code, default: []].append(problem) }
        }
        // A page can be refused as a page, and before anybody knew that it is one.
        var byStatus: [(Int, JSON)] = operation.answers.map { answer in
            let before = answer.status.code < 400 ? nil : refusals.removeValue(forKey: answer.status.code)
            return (answer.status.code, Self.json(answer, isPOST: route.takesIdempotencyKey, refusedBefore: before ?? []))
        }
        byStatus += refusals.map { ($0.key, Self.json($0.value)) }
        return byStatus.sorted { $0.0 < $1.0 }.map { (String($0.0), $0.1) }
    }

    private var impliedProblems: [Problem] {
        var problems: [Problem] = [.malformedRequest, .headersTooLarge, .rateLimited(seconds: 3), .internalError, .storageAway]
        if case .guarded(let scopes, _) = route.handler {
            problems += [.unauthenticated, .invalidKey, .twoCredentials, .missingScope(scopes.map(\.rawValue)), .addressNotAllowed]
        }
        if route.path.contains("{") { problems.append(.notFound("such thing")) }
        if let body = operation.body {
            problems += [.badJSON("The body is not valid JSON at byte 17."), .tooLarge("body", limit: body.limit), .unsupportedMediaType]
            problems.append(.invalid([.body("/name", "is missing")]))
        } else if operation.parameters.contains(where: { $0.place == .query }) {
            problems.append(.invalid([.parameter("limit", "must be a number from 1 to 200")]))
        }
        if route.takesIdempotencyKey {
            problems += [.invalidIdempotencyKey, .idempotencyInProgress, .idempotencyMismatch]
            if operation.body == nil { problems += [.tooLarge("body", limit: BodyLimit.single), .unsupportedMediaType] }
        }
        return problems
    }

    private static func json(_ answer: Operation.Answer, isPOST: Bool, refusedBefore problems: [Problem]) -> JSON {
        let common = isPOST ? CommonHeaders.all + [CommonHeaders.replayed] : CommonHeaders.all
        var members: [(String, JSON)] = [
            ("description", .string(answer.description)),
            (
                "headers",
                .object(answer.headers.map { ($0.name, CommonHeaders.json($0)) } + common.map { ($0.name, CommonHeaders.reference($0.name)) })
            ),
        ]
        if let schema = answer.schema {
            let example: [(String, JSON)] = answer.example.map { [("example", $0)] } ?? []
            let shown: [(String, JSON)] = [(answer.mediaType, .object([("schema", schema.json)] + example))]
            members.append(("content", .object(shown + (problems.isEmpty ? [] : [content(of: problems)]))))
        }
        if !answer.links.isEmpty {
            let links = answer.links.map { link -> (String, JSON) in
                (link.operation, ["operationId": .string(link.operation), "parameters": ["id": .string("$response.body#\(link.pointer)")]])
            }
            members.append(("links", .object(links)))
        }
        return .object(members)
    }

    private static func json(_ problems: [Problem]) -> JSON {
        [
            "description": .string(problems.map { "`\($0.code)`" }.joined(separator: ", ")),
            "headers": .object(CommonHeaders.all.map { ($0.name, CommonHeaders.reference($0.name)) }),
            "content": .object([content(of: problems)]),
        ]
    }

    private static func content(of problems: [Problem]) -> (String, JSON) {
        let examples = problems.map { ($0.code, JSON.object([("$ref", .string("#/components/examples/\($0.exampleName)"))])) }
        return ("application/problem+json", ["schema": Schema.reference(ProblemSchemas.name).json, "examples": .object(examples)])
    }

    /// Every problem that it may be refused with, as the document shows them.
    var problemExamples: [(String, JSON)] {
        (operation.problems + impliedProblems).map { problem in
            let value = JSON.object(problem.members(requestID: "req_01jd2n8w5tq3v9k7x4m6b0c1yz"))
            return (problem.exampleName, ["summary": .string(problem.detail), "value": value])
        }
    }
}

/// On every answer.
enum CommonHeaders {
    typealias Header = (name: String, description: String, schema: Schema)

    static let all: [Header] = [
        ("X-Request-Id", "The request's id: the client's own, or one of ours.", .string()),
        ("RateLimit", "What remains of the caller's limits, and the seconds until there is more. Absent on what is not limited.", .string()),
        ("RateLimit-Policy", "The limits: quota and window in seconds. Absent on what is not limited.", .string()),
    ]
    static func json(_ header: Header) -> JSON { ["description": .string(header.description), "schema": header.schema.json] }
    static func reference(_ name: String) -> JSON { .object([("$ref", .string("#/components/headers/\(name)"))]) }

    static let replayed: Header = ("Idempotent-Replayed", "`true` when this is what an earlier request with the same key was answered with.", .choice(["true"]))
}

extension Problem {
    /// One code can stand with two statuses.
    fileprivate var exampleName: String { "\(code)_\(status.code)" }
}
