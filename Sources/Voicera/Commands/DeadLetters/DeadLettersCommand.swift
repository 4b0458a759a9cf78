import ArgumentParser
import Foundation
import Ledger
import Primitives

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "Jobs that were buried: look at them, repair them, run them again, or discard them.",
        discussion: """
            What died of the same cause is one group: begin with groups, look at its sample with show, then replay or discard the group by its
            --fingerprint, first with --dry-run.

            Exits with 0 when everything that was asked for is done or on its way, with 1 when some of it is not, with 64 when the command was not
            understood.
            """,
        subcommands: [List.self, Groups.self, Show.self, Edit.self, Replay.self, Discard.self, Operations.self])

    struct FilterOptions: ParsableArguments {
        @Option(help: "Only this kind.") var kind: String?
        @Option(help: "Only this queue.") var queue: String?
        @Option(help: "Only this lane, named as the list shows it; an endpoint's is its id.") var lane: String?
        @Option(help: "Only this error class.") var errorClass: String?
        @Option(help: "Only this group.") var fingerprint: String?
        @Option(help: "Only what died at this time or later, such as 2024-01-15T03:00:00Z.", transform: Moment.parse) var diedAfter: Int64?
        @Option(help: "Only what died before this time.", transform: Moment.parse) var diedBefore: Int64?

        var filter: DeadLetterFilter {
            DeadLetterFilter(
                kind: kind, queue: queue, lanes: lane.map { [$0] }, errorClass: errorClass, fingerprint: fingerprint, diedAfter: diedAfter,
                diedBefore: diedBefore)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One by one, newest first.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @OptionGroup var filter: FilterOptions
        @Option(help: "At most this many.") var limit = 50

        func run() async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let limit = max(1, limit)
                let letters = try await DeadLetterTable(pool: pool).list(
                    workspace: place.find(in: pool), filter: filter.filter, before: nil, limit: limit + 1)
                for letter in letters.prefix(limit) {
                    let job = letter.job
                    print("\(job.id)  \(job.kind)  \(job.lane)  attempt \(job.attempt)  \(job.errorClass ?? "-"): \(Self.line(job.errorMessage))")
                }
                if letters.isEmpty { print("none") }
                if letters.count > limit {
                    Hint.say("There are more. voicera dead-letters groups counts them by their cause; --limit shows more, a filter fewer.")
                }
            }
        }

        /// An error's text may have many lines.
        static func line(_ text: String?) -> String {
            let line = (text ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return line.count > 200 ? line.prefix(199) + "…" : line
        }
    }

    struct Groups: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Counted by what they died of, the largest group first.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @OptionGroup var filter: FilterOptions
        @Option(help: "fingerprint, kind, errorClass, lane or queue.") var by = DeadLetterGrouping.fingerprint
        @Option(help: "At most this many.") var limit = 20

        func run() async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let limit = max(1, limit)
                let groups = try await DeadLetterTable(pool: pool).groups(
                    by: by, workspace: place.find(in: pool), filter: filter.filter, limit: limit + 1)
                guard let first = groups.first else { return print("none") }
                for group in groups.prefix(limit) {
                    print("\(group.count)  \(group.key ?? "-")  \(group.kind ?? "several kinds")  \(group.errorClass ?? "-")")
                    print("    from \(RFC3339.text(group.oldest)) to \(RFC3339.text(group.newest)), such as \(group.sample): \(List.line(group.message))")
                }
                if groups.count > limit { Hint.say("There are more groups: raise --limit.") }
                Hint.say("next: voicera dead-letters show \(first.sample)")
                if by == .fingerprint, let key = first.key { Hint.say("      voicera dead-letters replay --fingerprint \(key) --dry-run") }
            }
        }
    }
}

extension DeadLetterGrouping: ExpressibleByArgument {}
