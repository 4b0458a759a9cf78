import ArgumentParser
import Foundation
import Primitives

/// The stores of a measurement: private ones in a folder that goes with it, or given ones.
struct BenchStores: ParsableArguments {
    @Option(help: "Use this PostgreSQL.") var postgres: String?
    @Option(help: "Use this Redis.") var redis: String?

    func withStack<Result>(_ body: (Stack) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/voicera-bench-\(IdentifierSource.system.next().description.suffix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stack = try await Stack.start(in: folder, postgres: postgres, redis: redis)
        do {
            let result = try await body(stack)
            await stack.stop()
            return result
        } catch {
            await stack.stop()
            throw error
        }
    }
}
