import CoreMetrics
import FoundationEssentials
import Testing

@testable import Telemetry

@Suite struct RegistryTests {
    private func value(_ name: String, in registry: PrometheusRegistry) -> Double? {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix("\(name) ") }?.split(separator: " ").last.flatMap { Double($0) }
    }

    @Test func `more series than the bound are dropped and counted`() {
        let registry = PrometheusRegistry(catalogue: [], mostSeries: 3)
        for lane in 1...10 { Counter(label: "jobs_total", dimensions: [("lane", "\(lane)")], factory: registry).increment() }
        // What is known is still given out when the registry is full.
        Counter(label: "jobs_total", dimensions: [("lane", "1")], factory: registry).increment()
        let text = registry.exposition()
        #expect(text.split(separator: "\n").count { $0.hasPrefix("jobs_total{") } == 3)
        #expect(text.contains(#"jobs_total{lane="1"} 2"#))
        #expect(value(PrometheusRegistry.droppedName, in: registry) == 7)
    }

    @Test func `a name is one kind of metric`() {
        let registry = PrometheusRegistry(catalogue: [])
        Counter(label: "x", factory: registry).increment()
        Gauge(label: "x", factory: registry).record(9)
        CoreMetrics.Timer(label: "x", factory: registry).recordNanoseconds(9)
        #expect(value("x", in: registry) == 1)
        #expect(value(PrometheusRegistry.droppedName, in: registry) == 2)
    }

    @Test(arguments: [("a.b-c", "a_b_c"), ("9lives", "_9lives"), ("ok:name_1", "ok:name_1"), ("", "_"), ("größe", "gr__e")])
    func `a foreign name is made one that Prometheus takes`(name: String, printed: String) {
        let registry = PrometheusRegistry(catalogue: [])
        Counter(label: name, dimensions: [("a:b", "c")], factory: registry).increment()
        #expect(registry.exposition().contains("\(printed){a_b=\"c\"} 1\n"))
    }

    @Test func `threads that observe together lose nothing, and no reading contradicts itself`() async {
        let registry = PrometheusRegistry(catalogue: [MetricDescription("rows", .histogram, "", buckets: [1, 2, 3])])
        let counter = Counter(label: "jobs_total", factory: registry)
        let rows = Recorder(label: "rows", factory: registry)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for number in 0..<20_000 {
                        counter.increment()
                        rows.record(number % 5)
                    }
                }
            }
            group.addTask {
                for _ in 0..<50 {
                    let lines = registry.exposition().split(separator: "\n").filter { $0.hasPrefix("rows_bucket") || $0.hasPrefix("rows_count") }
                    let counts = lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
                    #expect(counts == counts.sorted() && counts.suffix(2).first == counts.last, "\(lines)")
                }
            }
        }
        #expect(value("jobs_total", in: registry) == 80_000)
        #expect(value("rows_count", in: registry) == 80_000)
        #expect(value("rows_sum", in: registry) == 160_000)
    }

    @Test func `a process tells of itself what Prometheus' own clients tell`() throws {
        let registry = PrometheusRegistry()
        registry.read(ProcessReading.read)
        #expect(try #require(value("process_cpu_seconds_total", in: registry)) > 0)
        #expect(try #require(value("process_resident_memory_bytes", in: registry)) > 1_048_576)
        #expect(try #require(value("process_open_fds", in: registry)) >= 3)
        #expect(try #require(value("process_max_fds", in: registry)) >= 64)
        let age = Date.now.timeIntervalSince1970 - (try #require(value("process_start_time_seconds", in: registry)))
        #expect((-2..<86_400).contains(age), "\(age)")
    }

    @Test func `no metric is described twice, and each by the rules of its name`() {
        #expect(Set(MetricCatalogue.all.map(\.name)).count == MetricCatalogue.all.count)
        for metric in MetricCatalogue.all {
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect((metric.kind == .histogram) == !metric.buckets.isEmpty, "\(metric.name)")
            #expect(metric.buckets == metric.buckets.sorted() && metric.buckets.count <= HistogramCell.mostBuckets)
            #expect(metric.help.hasSuffix("."), "\(metric.name)")
        }
    }
}
