/// What a metric is, for whoever reads it.
package struct MetricDescription: Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    package let name: String
    package let kind: Kind
    package let help: String
    /// Upper bounds of a histogram, in the unit that the name ends with.
    package let buckets: [Double]

    package init(_ name: String, _ kind: Kind, _ help: String, buckets: [Double] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.buckets = buckets
    }

    /// Bounds for what usually takes milliseconds and may take a minute.
    package static let seconds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    /// Bounds for what waits: up to hours.
    package static let waits: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400]
    package static let counts: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
}
