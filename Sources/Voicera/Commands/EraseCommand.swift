import ArgumentParser
import Ledger
import Postgres
import Primitives

struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase a person from what events, jobs, receivers' answers and the log say.",
        discussion: """
            Every mention of the id or the address is replaced; jobs that wait and have one are cancelled. The leading scheduler does it, in steps. The user
            itself is deleted by the API.
            """,
        subcommands: [Begin.self, Show.self, Cancel.self], defaultSubcommand: Begin.self)

    struct Begin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin an erasure.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Option(help: "user_…") var userId: String?
        @Option(help: "An e-mail address, in any case.") var email: String?
        @Flag(help: "Only count.") var dryRun = false

        func validate() throws {
            if (userId == nil) == (email == nil) { throw ValidationError("give --user-id or --email, one of them") }
        }

        func run() async throws {
            let subject = userId.flatMap { UserID($0) }.map { ErasureSubject(user: $0) } ?? email.flatMap { ErasureSubject(email: $0) }
            guard let subject else { throw ValidationError(userId == nil ? "that is no e-mail address" : "that is no user's id") }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 1)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let begun = try await pool.withTransaction { connection in
                    try await ErasureTable(pool: pool).begin(subject, isDryRun: dryRun, workspace: workspace, author: "cli", on: connection)
                }
                guard let begun else { throw Refusal("\(ErasureTable.mostOpen) erasures are running; wait for the end of one, or cancel it") }
                print("\(begun.id)  \(dryRun ? "count" : "erasure") begun")
                Hint.say("next: voicera erase show \(begun.id)    says how far it is")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "How far one is. Exits with 1 when it failed or was cancelled.")

        @OptionGroup var target: Target

        func run() async throws {
            guard let erasure = try await target.with({ try await $0.find($1, workspace: $2) }) else {
                throw Refusal("the workspace has no erasure \(target.id)")
            }
            print(erasure.line)
            if erasure.state == .failed || erasure.state == .cancelled { throw ExitCode(1) }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop one; what is erased stays erased.")

        @OptionGroup var target: Target

        func run() async throws {
            switch try await target.with({ try await $0.cancel($1, workspace: $2, actor: "cli") }) {
            case .done(let erasure): print(erasure.line)
            case .over(let erasure): throw Refusal("it is \(erasure.state.rawValue) already: \(erasure.line)")
            case .notFound: throw Refusal("the workspace has no erasure \(target.id)")
            }
        }
    }

    struct Target: ParsableArguments {
        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "ers_…") var id: String

        func with<Result: Sendable>(_ work: (ErasureTable, ErasureID, WorkspaceID) async throws -> Result) async throws -> Result {
            guard let erasure = ErasureID(id) else { throw ValidationError("\(id) is no erasure's id") }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 1)
            return try await withPool(pool) { try await work(ErasureTable(pool: pool), erasure, place.find(in: pool)) }
        }
    }
}

extension Erasure {
    fileprivate var line: String {
        var parts = ["\(id)", isDryRun ? "count" : "erasure", state.rawValue, "by \(kind.rawValue)", counts, "\(jobsCancelled) jobs cancelled"]
        parts += ["by \(author)", "since \(RFC3339.text(createdAt))"]
        if let endedAt { parts.append("ended \(RFC3339.text(endedAt))") }
        if let error { parts.append(error) }
        return parts.joined(separator: "  ")
    }
}
