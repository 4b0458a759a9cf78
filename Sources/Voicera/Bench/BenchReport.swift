import Foundation
import Primitives

/// One run of one measurement.
struct BenchSample: Sendable {
    var count: Int
    var elapsed: Duration
    var processor: ProcessorTime
    /// What arrived against what was sent, where that was counted.
    var received: Received?

    struct Received: Sendable, Codable {
        var sent: Int
        var distinct: Int
        var repeated: Int
    }

    var perSecond: Double { Double(count) / elapsed.seconds }
}

struct BenchReport {
    struct Machine: Encodable {
        var processors: Int
        var memoryGiB: Double
        var system: String

        static var current: Machine {
            let info = ProcessInfo.processInfo
            return Machine(
                processors: info.activeProcessorCount, memoryGiB: (Double(info.physicalMemory) / 1_073_741_824 * 10).rounded() / 10,
                system: info.operatingSystemVersionString)
        }
    }

    private struct Line: Encodable {
        var measurement: String
        var jobsPerSecond: [Double]
        var median: Double
        var ownMicrosecondsPerJob: Double
        var storeMicrosecondsPerJob: Double
        var received: BenchSample.Received?
    }

    private struct Document: Encodable {
        var machine: Machine
        var stores: String
        var build: String
        var measurements: [Line]
        var acceptedToStartedMicroseconds: [String: Int64]
        var differences: [String]
    }

    let machine: Machine
    let stores: String
    private var names: [String] = []
    private var samples: [String: [BenchSample]] = [:]
    /// Accepted to started, in microseconds.
    var latencies: [Int64] = []
    var differences: [String] = []

    init(machine: Machine, stores: String) {
        self.machine = machine
        self.stores = stores
    }

    mutating func add(_ name: String, _ sample: BenchSample, _ profile: BenchProfile? = nil) {
        let name = profile.map { "\(name) (\($0.name))" } ?? name
        if samples[name] == nil { names.append(name) }
        samples[name, default: []].append(sample)
    }

    /// Nothing lost, nothing twice, and the books balance.
    var isExact: Bool {
        differences.isEmpty && samples.values.joined().allSatisfy { $0.received.map { $0.distinct == $0.sent && $0.repeated == 0 } ?? true }
    }

    private var lines: [Line] {
        names.map { name in
            let samples = samples[name] ?? []
            let jobs = Double(max(1, samples.reduce(0) { $0 + $1.count }))
            let received = samples.compactMap(\.received)
            return Line(
                measurement: name, jobsPerSecond: samples.map { $0.perSecond.rounded() },
                median: Self.quantile(samples.map(\.perSecond).sorted(), 0.5).rounded(),
                ownMicrosecondsPerJob: (Double(samples.reduce(0) { $0 + $1.processor.own }) / jobs * 10).rounded() / 10,
                storeMicrosecondsPerJob: (Double(samples.reduce(0) { $0 + $1.processor.stores }) / jobs * 10).rounded() / 10,
                received: received.isEmpty
                    ? nil
                    : BenchSample.Received(
                        sent: received.reduce(0) { $0 + $1.sent }, distinct: received.reduce(0) { $0 + $1.distinct },
                        repeated: received.reduce(0) { $0 + $1.repeated }))
        }
    }

    private var latencyFigures: [String: Int64] {
        guard !latencies.isEmpty else { return [:] }
        let sorted = latencies.map(Double.init).sorted()
        return ["p50": Int64(Self.quantile(sorted, 0.5)), "p99": Int64(Self.quantile(sorted, 0.99)), "max": Int64(sorted.last ?? 0), "count": Int64(sorted.count)]
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    static var build: String {
        #if DEBUG
            "debug: not a figure to quote"
        #else
            "release"
        #endif
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            machine: machine, stores: stores, build: Self.build, measurements: lines, acceptedToStartedMicroseconds: latencyFigures,
            differences: differences)
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    var text: String {
        var text = ["\(machine.processors) processors, \(machine.memoryGiB) GiB, \(machine.system); stores \(stores); build \(Self.build)"]
        for line in lines {
            let name = line.measurement.padding(toLength: 42, withPad: " ", startingAt: 0)
            text.append("\(name) \(Int(line.median))/s   own \(line.ownMicrosecondsPerJob) us   stores \(line.storeMicrosecondsPerJob) us   of \(line.jobsPerSecond.map { Int($0) })")
            if let received = line.received { text.append("    sent \(received.sent), distinct \(received.distinct), repeated \(received.repeated)") }
        }
        let latency = latencyFigures
        if !latency.isEmpty { text.append("accepted to started: p50 \(latency["p50"] ?? 0) us, p99 \(latency["p99"] ?? 0) us, max \(latency["max"] ?? 0) us") }
        text.append(differences.isEmpty ? "the books balance" : differences.joined(separator: "\n"))
        return text.joined(separator: "\n")
    }
}
