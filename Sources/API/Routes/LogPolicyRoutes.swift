import Hummingbird
import Identity
import Ledger
import Primitives

/// What a workspace wants of the log beyond the usual.
struct LogPolicyRoutes: Sendable {
    let services: APIServices

    static let mostRules = 100
    static let longestRule = 200
    /// A JSON pointer, or a member's name.
    static let rulePattern = "^(/([^~\\u0000]|~[01])*|[A-Za-z0-9_.$-]*[A-Za-z0-9][A-Za-z0-9_.$-]*)$"

    var all: [Route] {
        [
            Route(.get, "/api/workspace/log", LogOperations.showPolicy, .workspaceRead, handler: show),
            Route(.patch, "/api/workspace/log", LogOperations.changePolicy, .workspaceWrite, handler: change),
        ]
    }

    private var table: LogPolicyTable { LogPolicyTable(pool: services.pool) }

    private func show(_ call: Call) async throws -> Response { Response(.ok, Self.json(try await table.find(call.workspace))) }

    private func change(_ call: Call) async throws -> Response {
        var fields = Fields(try await call.body().json)
        fields.allow(only: ["bodies", "redact"])
        var bodies: LogPolicy.Bodies?
        if let text = fields.text("bodies", longest: 20) {
            bodies = LogPolicy.Bodies(rawValue: text)
            if bodies == nil { fields.refuse("bodies", "must be one of \(LogPolicy.Bodies.allCases.map(\.rawValue).joined(separator: ", "))") }
        }
        let redact = Self.rules(&fields)
        try fields.finish()
        let policy = try await table.change(bodies: bodies, redact: redact, of: call.workspace, actor: call.actor)
        services.logPolicies.note(policy, of: call.workspace)
        return Response(.ok, Self.json(policy))
    }

    private static func rules(_ fields: inout Fields) -> [String]? {
        guard let value = fields.value("redact") else { return nil }
        guard let elements = value.elements, elements.count <= mostRules else {
            return fields.refused("redact", "must be an array of at most \(mostRules) strings")
        }
        var rules: [String] = []
        for (index, element) in elements.enumerated() {
            guard let rule = element.string, isRule(rule) else {
                fields.refuse(element: index, of: "redact", "must be a JSON pointer, or a member's name of letters, digits and _ . $ -")
                continue
            }
            rules.append(rule)
        }
        return rules
    }

    private static func isRule(_ text: String) -> Bool {
        guard (1...longestRule).contains(text.unicodeScalars.count), !text.utf8.contains(0) else { return false }
        if text.hasPrefix("/") {
            let parts = text.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
            return parts.allSatisfy { $0.first == "0" || $0.first == "1" }
        }
        return text.utf8.contains(where: isLetterOrDigit) && text.utf8.allSatisfy { isLetterOrDigit($0) || "_.$-".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func json(_ policy: LogPolicy) -> JSON {
        ["bodies": .string(policy.bodies.rawValue), "redact": .array(policy.redact.map { .string($0) })]
    }
}
