import Foundation
import LocalStack
import TestSupport
import Testing

extension TheSystem {
    /// What clients send by mistake or malice, to the byte. The process is one of its own, so that its memory and its descriptors are nobody else's.
    @Suite(.serialized)
    struct BadInputs {
        private static let lanes = 8

        @Test func `every bad input is refused, and the process neither traps nor grows`() async throws {
            try await Fleet.run { fleet in
                let api = try #require(fleet.process(named: "api"))
                let port = try #require(UInt16(fleet.client.baseURL.split(separator: ":").last ?? ""))
                let text = RequestText(key: fleet.client.key)
                let document = try await fleet.client.get("/api/openapi.json").body
                let inputs = BadInput.json(text) + BadInput.values(text) + BadInput.places(text) + BadInput.wire(text) + BadInput.ofEveryOperation(document, text)
                #expect(Set(inputs.map(\.name)).count == inputs.count && inputs.count >= 300, "\(inputs.count)")

                for complaint in await Self.send(inputs, to: RawHTTP(port: port)) { Issue.record("\(complaint)") }
                let (memory, descriptors) = (try Self.memory(of: api.pid), try Self.descriptors(of: api.pid))
                // Its listener and its event loops at least: else they are not seen at all.
                #expect(descriptors > 4)
                for _ in 0..<3 { _ = await Self.send(inputs, to: RawHTTP(port: port)) }
                #expect(api.isRunning)
                let grown = try Self.memory(of: api.pid) - memory
                #expect(grown < 48 << 20, "\(grown / 1024) KiB more after three rounds")
                try await eventually("no descriptor is left over") { try Self.descriptors(of: api.pid) <= descriptors }
                print("FIGURE bad inputs: \(inputs.count), memory \(memory / 1024) KiB, \(grown / 1024) KiB more after three rounds")
                #expect(try await fleet.accepts())
                #expect(fleet.lines(containing: #""level":"error""#).isEmpty && fleet.lines(containing: "internal_error").isEmpty)
                try await fleet.expectBalance()
            }
        }

        /// What was not answered as it should have been.
        private static func send(_ inputs: [BadInput], to server: RawHTTP) async -> [String] {
            await withTaskGroup { group in
                for lane in 0..<lanes {
                    group.addTask {
                        var complaints: [String] = []
                        for index in stride(from: lane, to: inputs.count, by: lanes) {
                            let answer = await server.send(inputs[index].bytes, endsSending: inputs[index].endsSending)
                            if let complaint = complaint(inputs[index], answer) { complaints.append(complaint) }
                        }
                        return complaints
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
        }

        private static func complaint(_ input: BadInput, _ answer: RawHTTP.Answer) -> String? {
            if input.ending == .refusedOrClosed, answer.status == 0 { return nil }
            let said = "\(input.name): \(answer.status) \(answer.body.prefix(300))"
            guard (400..<500).contains(answer.status), answer.status != 429, input.status == nil || input.status == answer.status else { return said }
            let problem = (try? JSONSerialization.jsonObject(with: Data(answer.body.utf8))) as? [String: Any]
            // An answer to HEAD, or by HTTP's own layer, may have none.
            guard problem?["code"] is String || problem?["error"] is String || input.ending == .refusedOrClosed else { return "no problem: \(said)" }
            guard input.ending == .named, answer.status == 422 else { return nil }
            let errors = problem?["errors"] as? [[String: Any]] ?? []
            return errors.contains { $0["pointer"] is String || $0["parameter"] is String } ? nil : "nothing is named: \(said)"
        }

        private static func memory(of pid: Int32) throws -> Int {
            let fields = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8).split(separator: " ")
            return (Int(fields[1]) ?? 0) * 4096
        }

        /// Without those of the stores, which are reached by unix sockets: a pool may grow to its size, what a client leaves behind may not.
        private static func descriptors(of pid: Int32) throws -> Int {
            let unix = try String(contentsOfFile: "/proc/\(pid)/net/unix", encoding: .utf8).split(separator: "\n").compactMap { line in
                line.split(separator: " ").dropFirst(6).first.map { "socket:[\($0)]" }
            }
            let ofStores = Set(unix)
            let folder = "/proc/\(pid)/fd"
            // One that was closed while we look has no target any more.
            return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")).map { !ofStores.contains($0) } ?? false
            }
        }
    }
}
