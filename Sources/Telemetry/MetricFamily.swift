/// All series of one name.
struct MetricFamily: Sendable {
    enum Cell: Sendable {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case histogram(HistogramCell)
    }

    let description: MetricDescription
    /// By their labels as they are printed, `queue="webhooks",kind="noop"`.
    var series: [String: Cell] = [:]
}

/// The labels of a series, as they are printed. Sorted, so that the same labels in another order are the same series.
enum LabelText {
    static func make(_ labels: [(String, String)]) -> String {
        labels.sorted { $0.0 < $1.0 }.map { "\(MetricName.sanitized($0.0, allowingColon: false))=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == 0x0a }) else { return value }
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Other packages name their metrics as they like; Prometheus takes letters, digits, underscores and, in a metric's name, colons.
enum MetricName {
    static func sanitized(_ name: String, allowingColon: Bool = true) -> String {
        var text = ""
        for (index, scalar) in name.unicodeScalars.enumerated() {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || allowingColon && scalar == ":"
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit, index == 0 { text += "_" }
            text.unicodeScalars.append(isLetter || isDigit ? scalar : "_")
        }
        return text.isEmpty ? "_" : text
    }
}
