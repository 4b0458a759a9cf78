import HTTPTypes
import Identity
import Primitives

/// The OpenAPI 3.1 document, made of the routes themselves: a route without a description does not compile, and a description without a route is
/// in no document.
struct Document: Sendable {
    let routes: [Route]
    let version: String
    /// Where clients reach us; nil for wherever the document was read from.
    let server: String?
    /// What depends on how the process was started.
    let names: Names

    struct Names: Sendable {
        var queues: [String]
        var kinds: [String]
    }

    private static let queueName = "QueueName"
    private static let jobKind = "JobKind"

    var json: JSON {
        var components: [String: Schema] = [
            Self.queueName: .choice(names.queues), Self.jobKind: .choice(names.kinds), ProblemSchemas.name: ProblemSchemas.problem,
        ]
        for route in routes {
            for schema in route.operation.schemas { components.merge(schema.components) { $1 } }
        }
        for event in WebhookDocument.all { components.merge(event.schema.components) { $1 } }
        let examples = Dictionary(routes.flatMap { OperationDocument(route: $0).problemExamples }, uniquingKeysWith: { first, _ in first })
        return [
            "openapi": "3.1.0",
            "info": .object(info),
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "servers": [["url": .string(server ?? "/")]],
            "tags": .array(Operation.Tag.allCases.map { ["name": .string($0.rawValue), "description": .string($0.about)] }),
            "paths": .object(paths),
            "webhooks": .object(WebhookDocument.all.map { ($0.name, $0.json) }),
            "components": [
                "schemas": .object(components.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }),
                "examples": .object(examples.sorted { $0.key < $1.key }),
                "headers": .object((CommonHeaders.all + [CommonHeaders.replayed]).map { ($0.name, CommonHeaders.json($0)) }),
                "securitySchemes": .object(SecuritySchemes.all(scopes: Scope.allCases)),
            ],
        ]
    }

    private var info: [(String, JSON)] {
        [
            ("title", "Voicera API"), ("version", .string(version)),
            ("summary", "Trigger actions over HTTP; once accepted, they happen."),
            (
                "description",
                """
                Errors are problems (RFC 9457) with a `code` that stays. Lists are paged by `limit` and `cursor`. A POST with an `Idempotency-Key` is done once, \
                and answered the same again for 24 hours. Every answer has an `X-Request-Id`.
                """
            ),
            ("license", ["name": "Proprietary", "identifier": "LicenseRef-Voicera"]),
        ]
    }

    private var paths: [(String, JSON)] {
        var order: [String] = []
        var items: [String: [(String, JSON)]] = [:]
        for route in routes {
            if items[route.path] == nil { order.append(route.path) }
            items[route.path, default: []].append((route.method.rawValue.lowercased(), OperationDocument(route: route).json))
        }
        return order.map { path in
            let parameters = PathParameters.of(path)
            let shared: [(String, JSON)] = parameters.isEmpty ? [] : [("parameters", .array(parameters))]
            return (path, .object(shared + (items[path] ?? [])))
        }
    }
}

extension Schema {
    static let queueName = Schema.reference("QueueName")
    static let jobKind = Schema.reference("JobKind")
}

extension Operation {
    /// Everything that it refers to.
    fileprivate var schemas: [Schema] {
        parameters.map(\.schema) + (body.map { [$0.schema] } ?? []) + answers.compactMap(\.schema) + answers.flatMap { $0.headers.map(\.schema) }
    }
}

extension Operation.Tag {
    fileprivate var about: String {
        switch self {
        case .authentication: "OAuth 2.0: tokens, clients, sign-in and consent."
        case .keys: "API keys."
        case .users: "People who learn."
        case .courses: "Courses, and what users do in them."
        case .events: "What happened, published to webhooks."
        case .jobs: "Actions that happen once accepted."
        case .schedules: "Jobs that come again and again."
        case .deadLetters: "Jobs that were given up, and what operators do with them."
        case .queues: "Queues, lanes and workers."
        case .webhooks: "Endpoints that receive events."
        case .workspace: "What is set for a whole workspace."
        case .log: "What happened here, and whether all is well."
        }
    }
}
