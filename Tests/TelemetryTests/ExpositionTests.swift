import CoreMetrics
import Testing

@testable import Telemetry

/// The text that Prometheus reads, line by line.
@Suite struct ExpositionTests {
    private static let catalogue = [
        MetricDescription("jobs_total", .counter, "Jobs \\ of\nall \"kinds\"."),
        MetricDescription("rows", .histogram, "Rows.", buckets: [1, 10]),
        MetricDescription("wait_seconds", .histogram, "Waits.", buckets: [0.001, 0.5]),
        MetricDescription("depth", .gauge, "Depth."),
    ]

    private func registry() -> PrometheusRegistry { PrometheusRegistry(catalogue: Self.catalogue) }

    private func lines(_ registry: PrometheusRegistry, _ format: ExpositionFormat = .text, of name: String) -> [String] {
        registry.exposition(format).split(separator: "\n").map(String.init).filter { $0.contains(name) }
    }

    @Test func `a counter has its help, its type and a line a series`() {
        let registry = registry()
        Counter(label: "jobs_total", dimensions: [("queue", "b")], factory: registry).increment(by: 2)
        Counter(label: "jobs_total", dimensions: [("queue", "a")], factory: registry).increment()
        #expect(
            lines(registry, of: "jobs_total") == [
                "# HELP jobs_total Jobs \\\\ of\\nall \"kinds\".", "# TYPE jobs_total counter", #"jobs_total{queue="a"} 1"#, #"jobs_total{queue="b"} 2"#,
            ])
    }

    @Test(arguments: [
        ("plain", "plain"), (#"a"b"#, #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#), (#"\n"#, #"\\n"#), ("größer ½", "größer ½"), ("", ""),
    ])
    func `a label's value is escaped`(value: String, printed: String) {
        let registry = registry()
        Counter(label: "jobs_total", dimensions: [("kind", value)], factory: registry).increment()
        #expect(lines(registry, of: "jobs_total").last == #"jobs_total{kind="\#(printed)"} 1"#)
    }

    @Test func `labels in another order are the same series`() {
        let registry = registry()
        Counter(label: "jobs_total", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "jobs_total", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(lines(registry, of: "jobs_total").last == #"jobs_total{a="1",b="2"} 2"#)
    }

    @Test func `a counter never falls`() {
        let registry = registry()
        let counter = Counter(label: "jobs_total", factory: registry)
        counter.increment(by: 5)
        counter.increment(by: -3)
        counter.reset()
        counter.destroy()
        #expect(lines(registry, of: "jobs_total").last == "jobs_total 5")
    }

    @Test func `buckets are cumulative, and the last one is the count`() {
        let registry = registry()
        let rows = Recorder(label: "rows", dimensions: [("writer", "jobs")], factory: registry)
        for value in [0, 1, 2, 10, 11, 1_000_000] { rows.record(value) }
        #expect(
            lines(registry, of: "rows") == [
                "# HELP rows Rows.", "# TYPE rows histogram", #"rows_bucket{writer="jobs",le="1.0"} 2"#, #"rows_bucket{writer="jobs",le="10.0"} 4"#,
                #"rows_bucket{writer="jobs",le="+Inf"} 6"#, #"rows_sum{writer="jobs"} 1000024.0"#, #"rows_count{writer="jobs"} 6"#,
            ])
    }

    @Test func `a timer counts in seconds, a bound's own value among those below it`() {
        let registry = registry()
        let timer = CoreMetrics.Timer(label: "wait_seconds", factory: registry)
        for nanoseconds in [0, 1_000_000, 1_000_001, 500_000_000, 2_000_000_000, -5] as [Int64] { timer.recordNanoseconds(nanoseconds) }
        #expect(
            lines(registry, of: "wait_seconds_") == [
                #"wait_seconds_bucket{le="0.001"} 3"#, #"wait_seconds_bucket{le="0.5"} 5"#, #"wait_seconds_bucket{le="+Inf"} 6"#,
                "wait_seconds_sum 2.502000001", "wait_seconds_count 6",
            ])
    }

    @Test func `a gauge shows what it was set to last, and what is no number is said so`() {
        let registry = registry()
        let gauge = Gauge(label: "depth", factory: registry)
        gauge.record(3)
        gauge.record(-2.5)
        registry.read { $0.gauge("depth", .nan, [("of", "nothing")]) }
        registry.read { $0.gauge("depth", .infinity, [("of", "all")]) }
        let meter = Meter(label: "depth", dimensions: [("of", "meter")], factory: registry)
        meter.increment(by: 2)
        meter.decrement(by: 0.5)
        #expect(
            Set(lines(registry, of: "depth").dropFirst(2)) == [
                "depth -2.5", #"depth{of="nothing"} NaN"#, #"depth{of="all"} +Inf"#, #"depth{of="meter"} 1.5"#,
            ])
    }

    @Test func `OpenMetrics names a counter's family without its ending, and says where it ends`() {
        let registry = registry()
        Counter(label: "jobs_total", factory: registry).increment()
        let text = registry.exposition(.openMetrics)
        #expect(text.contains("# HELP jobs Jobs \\\\ of\\nall \\\"kinds\\\".\n# TYPE jobs counter\njobs_total 1\n"))
        #expect(text.hasSuffix("\n# EOF\n"))
        #expect(ExpositionFormat(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == .openMetrics)
        #expect(ExpositionFormat(accept: "text/plain") == .text && ExpositionFormat(accept: nil) == .text)
    }
}
