import Hummingbird
import Ledger
import Primitives

/// Which dead letters a replay or a discard is for: `{ids: […]}` or `{filter: {…}, limit?}`, and `dryRun?`. A misspelled member is refused,
/// since without it the order would be for more than was meant.
struct DeadLetterOrder {
    let selection: DeadLetterTable.Selection
    let isDryRun: Bool

    private static let mostIDs = 1000
    private static let limits: ClosedRange<Int64> = 1...10_000
    private static let usualLimit: Int64 = 1000

    init(_ json: RawJSON, workspace: WorkspaceID) throws(Problem) {
        var fields = Fields(json)
        fields.allow(only: ["ids", "filter", "dryRun", "limit"])
        isDryRun = fields.boolean("dryRun") ?? false
        let limit = fields.integer("limit", in: Self.limits) ?? Self.usualLimit
        let texts = fields.texts("ids", most: Self.mostIDs, longest: 64)
        let ids = texts.map { $0.map { JobID($0) } }
        if let bad = ids?.firstIndex(of: nil) { fields.refuse("ids", "element \(bad) is no job id") }
        let filter = fields.object("filter")
        if fields.contains("ids") == fields.contains("filter") { fields.refuse("ids", "is needed, or a filter, and not both") }
        if fields.contains("ids"), fields.contains("limit") { fields.refuse("limit", "goes with a filter only") }
        try fields.finish()
        if let ids {
            selection = .ids(ids.compactMap(\.self))
        } else if let filter {
            selection = .matching(try Self.filter(filter, workspace: workspace), limit: Int(limit))
        } else {
            throw .invalid([.body("", "must be an object")])
        }
    }

    private static func filter(_ json: RawJSON, workspace: WorkspaceID) throws(Problem) -> JobTable.Filter {
        var fields = Fields(json, at: "/filter")
        fields.allow(only: ["kind", "queue", "lane", "errorClass"])
        let filter = JobTable.Filter(
            kind: fields.text("kind", longest: 128), queue: fields.text("queue", longest: 128),
            lanes: fields.text("lane", longest: 256).map { LaneName.candidates($0, workspace: workspace) },
            errorClass: fields.text("errorClass", longest: 256))
        try fields.finish()
        return filter
    }

    /// - Parameter count: the member that says how many there were.
    func response(_ report: DeadLetterTable.Report, count: String) -> Response {
        var members: [(String, JSON)] = [
            (count, .int(report.doneCount)), ("dryRun", .bool(isDryRun)),
            ("results", .array(report.results.map { ["id": .text($0.id), "result": .string($0.result == .done ? count : $0.result.rawValue)] })),
        ]
        // Then there may be more that match.
        if case .matching(_, let limit) = selection { members.append(("limitReached", .bool(report.results.count >= limit))) }
        return Response(.ok, .object(members))
    }
}
