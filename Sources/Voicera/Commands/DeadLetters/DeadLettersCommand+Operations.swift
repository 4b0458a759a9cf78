import ArgumentParser
import Foundation
import Ledger
import Primitives

/// Operations that the leading scheduler works off.
extension DeadLettersCommand {
    struct Operations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replays and discards under way: how far they are, and what stops them.",
            subcommands: [List.self, Show.self, Cancel.self, Pause.self, Resume.self], defaultSubcommand: List.self)

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Newest first.")

            @OptionGroup var stores: StoreOptions
            @OptionGroup var place: WorkspaceOption
            @Option(help: "At most this many.") var limit = 20

            func run() async throws {
                let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
                try await withPool(pool) {
                    let operations = try await DeadLetterOperationTable(pool: pool).list(
                        workspace: place.find(in: pool), before: nil, limit: max(1, limit))
                    for operation in operations { print(operation.line) }
                    if operations.isEmpty { print("none") }
                }
            }
        }

        struct Show: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "One. Exits with 1 when it failed or was cancelled.")

            @OptionGroup var target: Target

            func run() async throws {
                let operation = try await target.with { table, id, workspace in try await table.find(id, workspace: workspace) }
                guard let operation else { throw Refusal("the workspace has no operation \(target.id)") }
                print(operation.line)
                operation.advise()
                if operation.state == .failed || operation.state == .cancelled { throw ExitCode(1) }
            }
        }

        struct Cancel: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Stop it for good; what is done stays done.")
            @OptionGroup var target: Target
            func run() async throws { try await target.steer(.cancel) }
        }

        struct Pause: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Stop it until it is resumed.")
            @OptionGroup var target: Target
            func run() async throws { try await target.steer(.pause) }
        }

        struct Resume: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Go on with a paused or failed one, where it was.")
            @OptionGroup var target: Target
            func run() async throws { try await target.steer(.resume) }
        }

        struct Target: ParsableArguments {
            @OptionGroup var stores: StoreOptions
            @OptionGroup var place: WorkspaceOption
            @Argument(help: "dlo_…") var id: String

            func with<Result: Sendable>(
                _ work: (DeadLetterOperationTable, DeadLetterOperationID, WorkspaceID) async throws -> Result
            ) async throws -> Result {
                guard let operation = DeadLetterOperationID(id) else { throw ValidationError("\(id) is no operation's id") }
                let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
                return try await withPool(pool) { try await work(DeadLetterOperationTable(pool: pool), operation, place.find(in: pool)) }
            }

            func steer(_ steering: DeadLetterOperationTable.Steering) async throws {
                switch try await with({ try await $0.steer($1, steering, workspace: $2, actor: "cli") }) {
                case .done(let operation):
                    print(operation.line)
                    operation.advise()
                case .over(let operation): throw Refusal("it is \(operation.state.rawValue) already: \(operation.line)")
                case .notFound: throw Refusal("the workspace has no operation \(id)")
                }
            }
        }
    }
}

extension DeadLetterOperation {
    fileprivate var line: String {
        var parts = ["\(id)", action.rawValue, state.rawValue, "\(processed) of \(total)"]
        if skipped > 0 { parts.append("\(skipped) skipped: their unique key is taken") }
        if let rate { parts.append("at \(rate)/s") }
        parts += ["by \(author)", "since \(RFC3339.text(createdAt))"]
        if let endedAt { parts.append("ended \(RFC3339.text(endedAt))") }
        if let error { parts.append(error) }
        return parts.joined(separator: "  ")
    }

    /// Without a leader nothing moves, which nobody would be told otherwise.
    fileprivate func advise() {
        let silence = Int64(Date.now.timeIntervalSince1970) - updatedAt / 1_000_000
        switch state {
        case .running where silence > 10: Hint.say("It has not moved for \(silence) s. Does a voicera scheduler run?")
        case .running: Hint.say("next: voicera dead-letters operations pause \(id), or cancel")
        case .paused: Hint.say("next: voicera dead-letters operations resume \(id), or cancel")
        case .failed: Hint.say("next: voicera dead-letters operations resume \(id)    tries again from where it was")
        case .done where skipped > 0: Hint.say("The skipped ones are dead letters still.")
        case .done, .cancelled: break
        }
    }
}
