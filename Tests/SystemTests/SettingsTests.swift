import LocalStack
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct Settings {
        private static let good: [String: String?] = [
            "DATABASE_URL": "postgres://nobody:hidden@127.0.0.1:1/none", "REDIS_URL": "redis://:hidden@127.0.0.1:1",
            "VOICERA_SECRET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "VOICERA_ALLOW_TARGETS": "127.0.0.0/8",
        ]

        @Test(
            arguments: [
                ("worker", "DATABASE_URL", nil), ("worker", "DATABASE_URL", "mysql://root:hidden@host/db"), ("api", "REDIS_URL", nil),
                ("api", "REDIS_URL", "http://:hidden@host"), ("scheduler", "VOICERA_SECRET_KEY", nil), ("api", "VOICERA_SECRET_KEY", "aGlkZGVu"),
                ("worker", "VOICERA_SECRET_KEY", "hidden, and no base64"), ("worker", "VOICERA_ALLOW_TARGETS", "127.0.0.0/99"),
                ("api", "VOICERA_ALLOW_TARGETS", "everywhere"), ("api", "VOICERA_LISTEN", "8080"), ("worker", "VOICERA_CONCURRENCY", "webhooks=many"),
                ("worker", "VOICERA_DRAIN", "soon"), ("worker", "VOICERA_LOG_LEVEL", "loud"), ("api", "WEBHOOK_SECRET", "hidden"),
                ("migrate", "DATABASE_URL", nil), ("up", "VOICERA_ALLOW_TARGETS", "127.0.0.1/33"),
                ("scheduler", "VOICERA_METRICS_LISTEN", "9090"), ("up", "VOICERA_METRICS_LISTEN", "everywhere"),
            ] as [(String, String, String?)])
        func `a missing or malformed setting stops the start with a line that names it`(command: String, name: String, value: String?) async throws {
            let folder = try TemporaryDirectory()
            let environment = Self.good.merging(["VOICERA_DATA": folder.path, name: value]) { $1 }
            let process = try ChildProcess.voicera(command, environment: environment)
            let ending = try await process.wait(within: .seconds(10))
            let lines = process.errorLines.filter { $0.hasPrefix("Error: ") }
            #expect(ending != .exited(0))
            if case .exited = ending {} else { Issue.record("it must end by itself: \(ending)") }
            #expect(lines.count == 1)
            // Concurrency can be given by a flag too, and is named in both cases.
            let named = name == "VOICERA_CONCURRENCY" ? "concurrency" : name
            #expect(lines.first?.contains(named) == true, "\(process.errorLines)")
            #expect(!process.errorLines.contains { $0.contains("hidden") }, "a malformed secret is not repeated")
        }
    }
}
