package import CoreMetrics
import Synchronization

/// Keeps what the process observes, and writes it out as Prometheus reads it.
///
/// Whoever observes makes a handle once and keeps it: the lock here is for making and for reading, an observation takes none. A series lives as long as
/// the process, for a counter that goes and comes back looks like a restart.
package final class PrometheusRegistry: MetricsFactory {
    /// Series at most. Labels are queues, kinds, routes and the like; more than this is a label that should not be one.
    private let mostSeries: Int
    private let catalogue: [String: MetricDescription]
    private let state = Mutex(State())
    private let dropped = CounterCell()

    private struct State {
        var families: [String: MetricFamily] = [:]
        var count = 0
        var sources: [@Sendable (inout ScrapeReading) -> Void] = []
    }

    package static let droppedName = "voicera_metrics_series_dropped_total"

    package init(catalogue: [MetricDescription] = MetricCatalogue.all, mostSeries: Int = 2000) {
        self.catalogue = Dictionary(catalogue.map { ($0.name, $0) }) { $1 }
        self.mostSeries = mostSeries
    }

    // MARK: Making

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let cell = cell(label, dimensions, kind: .counter) { _ in .counter(CounterCell()) }
        if case .counter(let counter) = cell { return counter }
        return NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        let cell = cell(label, dimensions, kind: .gauge) { _ in .gauge(GaugeCell()) }
        if case .gauge(let gauge) = cell { return gauge }
        return NOOPMetricsHandler.instance
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else {
            let cell = cell(label, dimensions, kind: .gauge) { _ in .gauge(GaugeCell()) }
            if case .gauge(let gauge) = cell { return gauge }
            return NOOPMetricsHandler.instance
        }
        let cell = cell(label, dimensions, kind: .histogram) { .histogram(.recorder(bounds: $0.isEmpty ? MetricDescription.counts : $0)) }
        if case .histogram(let histogram) = cell { return histogram }
        return NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let cell = cell(label, dimensions, kind: .histogram) { .histogram(.timer(bounds: $0.isEmpty ? MetricDescription.seconds : $0)) }
        if case .histogram(let histogram) = cell { return histogram }
        return NOOPMetricsHandler.instance
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// The series of that name and these labels, made when it is new. Nil when there are too many, or the name is another kind of metric's.
    private func cell(
        _ label: String, _ dimensions: [(String, String)], kind: MetricDescription.Kind, _ make: (_ buckets: [Double]) -> MetricFamily.Cell
    ) -> MetricFamily.Cell? {
        let name = MetricName.sanitized(label)
        let labels = LabelText.make(dimensions)
        let found: MetricFamily.Cell? = state.withLock { state in
            var family = state.families[name] ?? MetricFamily(description: catalogue[name] ?? MetricDescription(name, kind, ""))
            guard family.description.kind == kind else { return nil }
            if let known = family.series[labels] { return known }
            guard state.count < mostSeries else { return nil }
            let cell = make(family.description.buckets)
            family.series[labels] = cell
            state.families[name] = family
            state.count += 1
            return cell
        }
        if found == nil { dropped.increment(by: 1) }
        return found
    }

    // MARK: Reading

    /// Adds something that is asked at each scrape instead of being told: it must answer at once, without I/O.
    package func read(_ source: @escaping @Sendable (inout ScrapeReading) -> Void) { state.withLock { $0.sources.append(source) } }

    package func exposition(_ format: ExpositionFormat = .text) -> String {
        let (families, sources) = state.withLock { ($0.families, $0.sources) }
        var reading = ScrapeReading(catalogue: catalogue)
        reading.counter(Self.droppedName, Double(dropped.value))
        for family in families.values { reading.add(family) }
        for source in sources { source(&reading) }
        return Exposition.render(reading.families, as: format)
    }
}
