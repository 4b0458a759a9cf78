import Foundation
import LocalStack
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct HostileReceivers {
        private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        private static let filler = String(repeating: "x", count: 1024)

        private static func endless(_ head: String, _ rest: String) -> TestSupport.Receiver {
            TestSupport.Receiver { connection in
                guard connection.readRequest() != nil else { return }
                connection.write(head)
                while connection.write(rest) {}
            }
        }

        @Test func `receivers without end cost a worker neither memory nor descriptors, and nobody else a delivery`() async throws {
            let hostile = [
                Self.endless("HTTP/1.1 200 OK\r\n\r\n", Self.filler),
                Self.endless("HTTP/1.1 200 OK\r\n", "x-filler: \(Self.filler)\r\n"),
                Self.endless("HTTP/1.1 200 OK\r\nx-filler: ", Self.filler),
                TestSupport.Receiver { connection in
                    _ = connection.readRequest()
                    connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                    connection.reset()
                },
            ]
            let good = TestSupport.Receiver(answer: Self.ok)
            defer { for receiver in hostile + [good] { receiver.stop() } }
            try await Fleet.run(.with(workers: 1, concurrency: "webhooks=50")) { fleet in
                let worker = try #require(fleet.process(named: "worker 1"))
                // Endpoints of their own for a few events each: one that fails more often than that is rested by its circuit.
                func publish(rounds: Range<Int>) async throws {
                    for round in rounds {
                        for receiver in hostile + [good] { _ = try await fleet.addEndpoint(receiver.url(), event: "round.n\(round)") }
                        try await fleet.publish(5, event: "round.n\(round)")
                    }
                }
                let attempts = "SELECT count(DISTINCT job_id) FROM integration_log WHERE type = 'attempt'"
                // What a worker needs once: pools, buffers, the parsed roots.
                try await publish(rounds: 0..<4)
                try await eventually("the first are over", within: .seconds(30)) { try await fleet.number(attempts) >= 100 }
                let before = (resident: kilobytes("VmRSS", of: worker.pid), descriptors: descriptors(of: worker.pid))
                try #require(before.resident > 0 && before.descriptors > 0)

                try await publish(rounds: 4..<44)
                try await eventually("all are over", within: .seconds(60)) { try await fleet.number(attempts) >= 1100 }
                let most = kilobytes("VmHWM", of: worker.pid)
                note("1,000 deliveries to hostile receivers and a good one: a worker grew by \((most - before.resident) / 1024) MB of \(before.resident / 1024) at most")
                #expect(most - before.resident < 96 * 1024)
                // Connections to the good one are kept, at most as many as there are slots.
                try await eventually("descriptors are given back") { descriptors(of: worker.pid) <= before.descriptors + 50 }
                #expect(try await fleet.number("SELECT count(*) FROM integration_log WHERE outcome = 'succeeded'") == 440, "the good one's, and bodies that were cut")
                #expect(try await fleet.number("SELECT count(*) FROM jobs WHERE state = 'pending' AND attempt = 1") == 0, "every failure has spent its attempt")
                try await fleet.expectBalance()
            }
        }

        @Test func `a run of the bench accounts for every event`() async throws {
            let bench = try ChildProcess.voicera("bench", "webhooks", "--events", "2000", "--delay", "50", "--json")
            let ending = try await bench.wait(within: .seconds(180))
            let said = bench.outputLines.joined(separator: "\n")
            #expect(ending == .exited(0), "\(said)\n\(bench.errorLines.joined(separator: "\n"))")
            let report = try JSONDecoder().decode(BenchAnswer.self, from: Data(said.utf8))
            #expect(report.isExact && report.accepted == 2000 && report.delivered + report.dead == 2000, "\(said)")
            #expect((1...100).contains(report.dead) && report.receiver.refused == report.dead && report.receiver.delivered == report.delivered)
            #expect(report.memory.count == 10 && report.acceptedToSentMicroseconds["count"] == 40)
        }

        private struct BenchAnswer: Decodable {
            struct Receiver: Decodable {
                var delivered: Int
                var refused: Int
            }
            struct Memory: Decodable { var ownMB: Double }

            var accepted: Int
            var delivered: Int
            var dead: Int
            var receiver: Receiver
            var memory: [Memory]
            var acceptedToSentMicroseconds: [String: Int]
            var isExact: Bool
        }
    }
}

private func kilobytes(_ name: String, of pid: Int32) -> Int {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
}

private func descriptors(of pid: Int32) -> Int { ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).count }
