import Foundation

/// Figures of a measurement that is no run of jobs per second, one row a case.
struct BenchTable {
    struct Row: Encodable {
        var name: String
        var figures: [String: Double]
    }

    private struct Document: Encodable {
        var measurement: String
        var machine: BenchReport.Machine
        var rows: [Row]
    }

    let measurement: String
    /// The order of the figures in the text, each with its unit: `redis us/job`.
    let columns: [String]
    private(set) var rows: [Row] = []

    init(_ measurement: String, columns: [String]) {
        self.measurement = measurement
        self.columns = columns
    }

    mutating func add(_ name: String, _ figures: [Double]) {
        rows.append(Row(name: name, figures: Dictionary(uniqueKeysWithValues: zip(columns, figures.map { ($0 * 100).rounded() / 100 }))))
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Document(measurement: measurement, machine: .current, rows: rows)), as: UTF8.self)
    }

    var text: String {
        let head = measurement.padding(toLength: width, withPad: " ", startingAt: 0) + columns.map { Self.right($0) }.joined()
        return ([head] + lines).joined(separator: "\n")
    }

    var lines: [String] {
        rows.map { row in
            row.name.padding(toLength: width, withPad: " ", startingAt: 0) + columns.map { Self.right(String(row.figures[$0] ?? 0)) }.joined()
        }
    }

    private var width: Int { max(20, rows.map(\.name.count).max() ?? 0) + 2 }

    private static func right(_ text: String) -> String { String(repeating: " ", count: max(1, 18 - text.count)) + text }
}
