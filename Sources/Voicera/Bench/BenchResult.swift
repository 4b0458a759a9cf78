/// What a bench prints, in either form.
struct BenchResult {
    private let table: BenchTable?
    private let report: BenchReport?

    init(_ table: BenchTable) {
        self.table = table
        report = nil
    }

    init(_ report: BenchReport) {
        self.report = report
        table = nil
    }

    var json: String { get throws { try table?.json() ?? report?.json() ?? "" } }
    var text: String { table?.text ?? report?.text ?? "" }
    var isExact: Bool { report?.isExact ?? true }
}
