import Ledger
import Primitives

/// What stands for the words in braces of a path.
enum PathParameters {
    /// The longest beginning that fits decides.
    private static let ids: [(prefix: String, schema: Schema)] = [
        ("/api/jobs/", .id(JobRow.self)), ("/api/dead-letters/operations/", .id(DeadLetterOperationRow.self)),
        ("/api/dead-letters/", .id(JobRow.self)), ("/api/schedules/", .id(Schedule.self)), ("/api/webhooks/", .id(Endpoint.self)),
        ("/api/events/", .string(1...128, pattern: "^[A-Za-z0-9_-]+$")), ("/api/users/", .id(User.self)), ("/api/courses/", .id(Course.self)),
        ("/api/keys/", .id(APIKey.self)), ("/api/oauth/clients/", .id(OAuthClient.self)),
        ("/api/oauth/register/", .id(OAuthClient.self)), ("/api/oauth/grants/", .id(Grant.self)),
        ("/api/logs/", .id(LogEntry.self)), ("/api/deliveries/", .id(Primitives.Delivery.self)),
        ("/api/replays/", .id(ReplayRow.self)), ("/api/erasures/", .id(ErasureRow.self)),
    ]

    private static let others: [String: Schema] = [
        "queue": .queueName, "enrollmentId": .id(Enrollment.self), "version": .integer(1...2_147_483_647),
        "name": .string(3...128, pattern: "^[a-z0-9_]+(\\.[a-z0-9_]+)+$"), "event": .string(3...128, pattern: "^[a-z0-9_]+(\\.[a-z0-9_]+)+$"),
    ]

    /// Nil for a word that nobody has described.
    static func schema(of word: String, in path: String) -> Schema? {
        if let other = others[word] { return other }
        return ids.filter { path.hasPrefix($0.prefix) }.max { $0.prefix.count < $1.prefix.count }?.schema
    }

    static func words(of path: String) -> [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    static func of(_ path: String) -> [JSON] {
        words(of: path).map { word in
            ["name": .string(word), "in": "path", "required": true, "schema": (schema(of: word, in: path) ?? .string()).json]
        }
    }
}
