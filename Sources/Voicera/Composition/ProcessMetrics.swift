import CoreMetrics
import Telemetry

/// The process' own metrics. Asked for before any part is made: a part that is made earlier observes into the void.
enum ProcessMetrics {
    static let registry: PrometheusRegistry = {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        registry.read(ProcessReading.read)
        registry.read { $0.gauge("voicera_build_info", 1, [("version", Parts.version)]) }
        return registry
    }()
}
