import ArgumentParser
import Ledger
import Primitives

struct OperatorActionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator-actions", abstract: "What operators did to the work of a workspace, newest first.")

    @OptionGroup var stores: StoreOptions
    @OptionGroup var place: WorkspaceOption
    @Option(help: "Only this action, such as dead_letters.replay.") var action: String?
    @Option(help: "Only this actor: key_…, or cli.") var actor: String?
    @Option(help: "From this time on, such as 2024-01-15T03:00:00Z.", transform: Moment.parse) var since: Int64?
    @Option(help: "Before this time.", transform: Moment.parse) var until: Int64?
    @Option(help: "At most this many.") var limit = 50

    /// Job ids that a line shows.
    private static let shownJobs = 3

    func run() async throws {
        let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
        try await withPool(pool) {
            let filter = OperatorActionTable.Filter(action: action, actor: actor, since: since, until: until)
            let limit = max(1, limit)
            let actions = try await OperatorActionTable(pool: pool).list(workspace: place.find(in: pool), filter: filter, before: nil, limit: limit + 1)
            for action in actions.prefix(limit) {
                let shown = action.jobs.prefix(Self.shownJobs).map(\.description) + (action.jobs.count > Self.shownJobs ? ["… \(action.jobs.count) jobs"] : [])
                print(([RFC3339.text(action.at), action.actor, action.action] + shown + [action.detail].compactMap(\.self)).joined(separator: "  "))
            }
            if actions.isEmpty { print("none") }
            if actions.count > limit { print("There are more: raise --limit, or narrow it by --action, --actor, --since and --until.") }
        }
    }
}
