import ArgumentParser
import HTTPDelivery
import Jobs
import Ledger
import Postgres
import Primitives

/// Past deliveries of an endpoint, sent to this listener: a replay like any other, to another URL than the endpoint's.
struct ListenReplay: ParsableArguments {
    @Option(help: "Send past deliveries of this endpoint here: whk_…. Needs DATABASE_URL, and a scheduler and a worker that reach this address.")
    var replay: String?
    @Option(help: "Of these, what was made at this time or later, such as 2024-01-15T03:00:00Z.", transform: Moment.parse)
    var since: Int64?
    @Option(help: "Of these, only this type; may be given several times.")
    var eventType: [String] = []
    @Option(help: "At most this many a second.")
    var rate: Int32?
    @OptionGroup var stores: StoreOptions
    @OptionGroup var place: WorkspaceOption

    func validate() throws {
        if let replay, EndpointID(replay) == nil { throw ValidationError("\(replay) is no endpoint's id") }
        if replay == nil, since != nil || rate != nil || !eventType.isEmpty { throw ValidationError("--since, --event-type and --rate go with --replay") }
        if let rate, !ReplayTable.rates.contains(Int64(rate)) {
            throw ValidationError("--rate is a number from \(ReplayTable.rates.lowerBound) to \(ReplayTable.rates.upperBound)")
        }
    }

    /// - Returns: what to tell; nil when nothing was asked for.
    func begin(at url: String) async throws -> String? {
        guard let endpoint = replay.flatMap({ EndpointID($0) }) else { return nil }
        let target: String
        do { target = try DeliveryTarget(url, policy: Environment.addressPolicy()).text } catch let error as DeliveryError {
            throw Refusal("nothing is replayed: \(error.detail). VOICERA_ALLOW_TARGETS lets deliveries go to this machine, here and in the workers")
        }
        let selection = ReplaySelection(endpoint: endpoint, choice: .all, since: since, eventTypes: eventType.isEmpty ? nil : eventType)
        let pool = try stores.makePool(logger: Environment.logger(), connections: 1)
        return try await withPool(pool) {
            let workspace = try await place.find(in: pool)
            let table = ReplayTable(pool: pool, work: Publisher.replayWork())
            let start = try await pool.withTransaction { connection in
                try await table.begin(ReplayTable.Order(selection, url: target, rate: rate), workspace: workspace, author: "cli", on: connection)
            }
            switch start {
            case .begun(let replay): return "\(replay.id)  replay of \(replay.total) begun"
            case .notFound: throw Refusal("the workspace has no endpoint \(endpoint)")
            case .tooMany: throw Refusal("\(ReplayTable.mostOpen) replays are running or paused; cancel one, or wait for its end")
            }
        }
    }
}
