import API
import ArgumentParser
import Cron
import Jobs
import Ledger
import Primitives
import Queue

extension SchedulesCommand {
    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change what is named, keep the rest.", discussion: "Another time or time zone is planned anew from now on.")

        @OptionGroup var one: One
        @Option(help: "Unique in the workspace.") var name: String?
        @Option(help: "Such as '30 2 * * MON-FRI'.") var cron: String?
        @Option(help: "Such as Europe/Berlin.") var timeZone: String?
        @Option(help: "JSON.") var payload: String?
        @Option(help: "Of the jobs from now on.") var queue: String?
        @Option(help: "Of the jobs from now on.") var lane: String?
        @Option(help: "Lower runs first within a lane.") var priority: Int16?
        @Option(help: "Of the jobs from now on.") var maxAttempts: Int32?
        @Option(help: "none, latest or all.") var catchUp: CatchUp?
        @Option(help: "How many times 'all' makes up for.") var catchUpLimit: Int32?
        @Option(help: "allow, skip or queue_one.") var overlap: Overlap?

        func validate() throws {
            try SchedulesCommand.check(name: name, lane: lane, priority: priority, maxAttempts: maxAttempts, catchUpLimit: catchUpLimit)
            if let queue, !QueueMap().contains(queue) { throw ValidationError("--queue is one of \(QueueMap().queues.joined(separator: ", "))") }
        }

        func run() async throws {
            try await one.with { table, id, workspace in
                do {
                    let row = try await table.change(id, workspace: workspace, actor: "cli") { try changed($0.definition, workspace: workspace) }
                    return row.map { print(SchedulesCommand.line($0)) } != nil
                } catch let refusal as ScheduleRefusal {
                    throw ValidationError(SchedulesCommand.words(refusal))
                }
            }
        }

        private func changed(_ definition: ScheduleDefinition, workspace: WorkspaceID) throws -> ScheduleDefinition {
            var new = definition
            new.name = name ?? new.name
            new.cron = cron ?? new.cron
            new.timeZone = timeZone ?? new.timeZone
            do { _ = try Timetable(cron: new.cron, timeZone: new.timeZone) } catch { throw ValidationError(error.reason) }
            if let payload {
                guard let type = JobRegistry()[new.kind] else { throw ValidationError("this program has no kind named \(new.kind), so --payload cannot be checked") }
                new.payload = try SchedulesCommand.payload(payload, for: type)
            }
            new.queue = queue ?? new.queue
            if let lane { new.lane = LaneName.stored(lane, workspace: workspace) }
            new.priority = priority ?? new.priority
            new.maxAttempts = maxAttempts ?? new.maxAttempts
            new.catchUp = catchUp ?? new.catchUp
            new.catchUpLimit = catchUpLimit ?? new.catchUpLimit
            new.overlap = overlap ?? new.overlap
            return new
        }
    }

    // MARK: what is refused

    static func check(name: String?, lane: String?, priority: Int16?, maxAttempts: Int32?, catchUpLimit: Int32?) throws {
        if let name, !(1...128).contains(name.count) { throw ValidationError("--name has 1 to 128 characters") }
        guard (-100...100).contains(priority ?? 0), (1...100).contains(maxAttempts ?? 1), (1...500).contains(catchUpLimit ?? 1) else {
            throw ValidationError("--priority is from -100 to 100, --max-attempts from 1 to 100, --catch-up-limit from 1 to 500")
        }
        if let lane, !LaneName.isValid(lane) { throw ValidationError("--lane must be letters, digits and the characters _.:@#/+-") }
    }

    static func payload(_ text: String, for type: any Job.Type) throws -> String {
        guard let json = try? RawJSON(Array(text.utf8)), json.kind == .object else { throw ValidationError("--payload is no JSON object") }
        if let complaint = JobRegistry().complaint(about: text, for: type) { throw ValidationError("--payload: \(complaint)") }
        return json.text
    }

    static func words(_ refusal: ScheduleRefusal) -> String {
        switch refusal {
        case .nameTaken: "another schedule of the workspace has this name"
        case .tooMany(let limit): "a workspace has at most \(limit) schedules"
        case .neverComes: "the expression never comes: no month of it has such a day"
        }
    }
}
