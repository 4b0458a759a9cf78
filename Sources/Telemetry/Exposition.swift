/// How a scrape is written.
package enum ExpositionFormat: Sendable, CaseIterable {
    /// Prometheus' text format 0.0.4.
    case text
    /// OpenMetrics 1.0.0.
    case openMetrics

    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// By the `Accept` header of the request. Weights are not looked at: who names OpenMetrics can read it.
    package init(accept: String?) {
        self = accept?.contains("application/openmetrics-text") == true ? .openMetrics : .text
    }
}

/// Writes families, by name, each with its series by their labels.
enum Exposition {
    static func render(_ families: [String: ScrapeReading.Family], as format: ExpositionFormat) -> String {
        var text = ""
        text.reserveCapacity(32 << 10)
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            let kind = family.description.kind
            // OpenMetrics names a counter's family without the ending that its samples have.
            let title = format == .openMetrics && kind == .counter && name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
            if !family.description.help.isEmpty { text += "# HELP \(title) \(escaped(help: family.description.help, format))\n" }
            text += "# TYPE \(title) \(kind.rawValue)\n"
            for series in family.series.sorted(by: { $0.labels < $1.labels }) { write(series, name: name, into: &text) }
        }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    private static func write(_ series: ScrapeReading.Series, name: String, into text: inout String) {
        switch series.value {
        case .integer(let number): sample(name, series.labels, String(number), into: &text)
        case .number(let number): sample(name, series.labels, Self.number(number), into: &text)
        case .histogram(let bounds, let reading):
            let labels = series.labels.isEmpty ? "" : series.labels + ","
            for (bound, count) in zip(bounds + [.infinity], reading.cumulative) {
                sample(name + "_bucket", "\(labels)le=\"\(Self.number(bound))\"", String(count), into: &text)
            }
            sample(name + "_sum", series.labels, Self.number(reading.sum), into: &text)
            sample(name + "_count", series.labels, String(reading.cumulative.last ?? 0), into: &text)
        }
    }

    private static func sample(_ name: String, _ labels: String, _ value: String, into text: inout String) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    private static func escaped(help: String, _ format: ExpositionFormat) -> String {
        format == .openMetrics ? LabelText.escaped(help) : help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }
}
