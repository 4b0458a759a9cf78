/// What one scrape shows: the cells as they stand, and what is asked at the moment.
package struct ScrapeReading: Sendable {
    struct Series: Sendable {
        var labels: String
        var value: Value
    }
    enum Value: Sendable {
        case integer(Int64)
        case number(Double)
        case histogram(bounds: [Double], HistogramCell.Reading)
    }
    struct Family: Sendable {
        var description: MetricDescription
        var series: [Series] = []
    }

    private(set) var families: [String: Family] = [:]
    private let catalogue: [String: MetricDescription]

    init(catalogue: [String: MetricDescription]) { self.catalogue = catalogue }

    package mutating func gauge(_ name: String, _ value: Double, _ labels: [(String, String)] = []) { add(name, .gauge, labels, value) }
    package mutating func counter(_ name: String, _ value: Double, _ labels: [(String, String)] = []) { add(name, .counter, labels, value) }

    private mutating func add(_ name: String, _ kind: MetricDescription.Kind, _ labels: [(String, String)], _ value: Double) {
        let series = Series(labels: LabelText.make(labels), value: .number(value))
        families[name, default: Family(description: catalogue[name] ?? MetricDescription(name, kind, ""))].series.append(series)
    }

    mutating func add(_ family: MetricFamily) {
        let series = family.series.map { labels, cell in
            switch cell {
            case .counter(let counter): Series(labels: labels, value: .integer(counter.value))
            case .gauge(let gauge): Series(labels: labels, value: .number(gauge.value))
            case .histogram(let histogram): Series(labels: labels, value: .histogram(bounds: histogram.bounds, histogram.reading))
            }
        }
        families[family.description.name, default: Family(description: family.description)].series += series
    }
}
