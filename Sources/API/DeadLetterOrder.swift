import Ledger
import Primitives

/// Which dead letters a replay or a discard is for, and how: `{ids: […]}` or `{filter: {…}, limit?}`, and `dryRun?`, `rate?`, `background?`.
/// A misspelled member is refused, since without it the order would be for more than was meant.
struct DeadLetterOrder {
    let selection: DeadLetterSelection
    let isDryRun: Bool
    /// Jobs a second.
    let rate: Int32?
    /// Of a filter.
    let limit: Int?
    private let background: Bool

    private static let limits: ClosedRange<Int64> = 1...1_000_000_000

    /// It is for the leader, however few there are.
    var wantsOperation: Bool { rate != nil || background }

    init(_ json: RawJSON, workspace: WorkspaceID) throws(Problem) {
        var fields = Fields(json)
        fields.allow(only: ["ids", "filter", "dryRun", "limit", "rate", "background"])
        isDryRun = fields.boolean("dryRun") ?? false
        rate = fields.integer("rate", in: DeadLetterOperationTable.rates).map { Int32($0) }
        background = fields.boolean("background") ?? false
        limit = fields.integer("limit", in: Self.limits).map { Int($0) }
        let texts = fields.texts("ids", most: DeadLetterTable.mostAtOnce, longest: 64)
        let ids = texts.map { $0.map { JobID($0) } }
        if let bad = ids?.firstIndex(of: nil) { fields.refuse("ids", "element \(bad) is no job id") }
        let filter = fields.object("filter")
        if fields.contains("ids") == fields.contains("filter") { fields.refuse("ids", "is needed, or a filter, and not both") }
        if fields.contains("ids"), fields.contains("limit") { fields.refuse("limit", "goes with a filter only") }
        try fields.finish()
        if let ids {
            selection = .ids(ids.compactMap(\.self))
        } else if let filter {
            selection = .matching(try DeadLetterFilter(filter, at: "/filter", workspace: workspace), limit: limit)
        } else {
            throw .invalid([.body("", "must be an object")])
        }
    }

    /// - Parameters:
    ///   - total: how many match the filter, its limit aside as soon as there are more.
    ///   - isForLeader: whether the same order in earnest would become an operation.
    func json(_ report: DeadLetterTable.Report, move: DeadLetterMove, total: Int?, isForLeader: Bool) -> JSON {
        let done = move == .replay ? "replayed" : "discarded"
        var members: [(String, JSON)] = [
            (done, .int(report.doneCount)), ("dryRun", .bool(isDryRun)),
            ("results", .array(report.results.map { ["id": .text($0.id), "result": .string($0.result == .done ? done : $0.result.rawValue)] })),
        ]
        if let total { members.append(("limitReached", .bool(total > report.results.count))) }
        if isDryRun {
            members.append(("total", .int(total ?? report.results.count)))
            members.append(("background", .bool(isForLeader)))
        }
        return .object(members)
    }
}
