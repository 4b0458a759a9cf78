import ArgumentParser
import Foundation
import Jobs
import Ledger
import Primitives

/// One dead letter: a look at it, and a repair.
extension DeadLettersCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One, with its payload, who changed it, and every attempt.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "job_…") var id: String
        @Option(help: "The payload of this version instead of all that.") var payloadVersion: Int32?

        func run() async throws {
            guard let job = JobID(id) else { throw ValidationError("\(id) is no job id") }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let payloads = PayloadVersionTable(pool: pool)
                if let payloadVersion {
                    guard let (_, payload) = try await payloads.payload(payloadVersion, of: job, workspace: workspace) else {
                        throw Refusal("\(id) has no payload version \(payloadVersion)")
                    }
                    return print(DeliveryEdit.shown(payload))
                }
                guard let (letter, found) = try await DeadLetterTable(pool: pool).find(job, workspace: workspace) else {
                    throw Refusal("the workspace has no dead letter \(id)")
                }
                show(letter, found, versions: try await payloads.versions(of: job, workspace: workspace))
            }
        }

        private func show(_ letter: DeadLetter, _ found: JobTable.Found, versions: [PayloadVersion]) {
            print("\(found.job.id)  \(found.job.kind)  queue \(found.job.queue)  lane \(found.job.lane)  group \(letter.fingerprint ?? "-")")
            print("payload  \(DeliveryEdit.shown(found.payload))")
            if versions.count > 1 {
                for version in versions {
                    print("payload version \(version.version)  \(RFC3339.text(version.at))  \(version.author.map { "by \($0)" } ?? "as accepted")")
                }
            }
            for attempt in found.attempts {
                let parts = [attempt.outcome, attempt.errorClass, attempt.message].compactMap(\.self)
                print("\(RFC3339.text(attempt.at))  attempt \(attempt.attempt ?? 0)  \(parts.joined(separator: "  "))")
            }
            Hint.say("next: voicera dead-letters replay \(id)    runs it again, with the full schedule")
            Hint.say("      voicera dead-letters edit \(id) --if-version \(versions.last?.version ?? 1) < payload.json    repairs its payload first")
        }
    }

    struct Edit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change the payload of a dead letter; what was there before is kept.",
            discussion: "Takes JSON from standard input, or from --payload. It must decode for the job's kind.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "job_…") var id: String
        @Option(help: "The new payload.") var payload: String?
        @Option(help: "Only if this is the version by now.") var ifVersion: Int32?

        private static let longest = 256 << 10

        func run() async throws {
            guard let job = JobID(id) else { throw ValidationError("\(id) is no job id") }
            let bytes = try payload.map { Array($0.utf8) } ?? Array(FileHandle.standardInput.read(upToCount: Self.longest + 1) ?? Data())
            guard bytes.count <= Self.longest else { throw Refusal("the payload is larger than \(Self.longest / 1024) KiB") }
            guard let json = try? RawJSON(bytes), json.kind == .object else { throw Refusal("the payload is no JSON object") }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                guard let (letter, found) = try await DeadLetterTable(pool: pool).find(job, workspace: workspace) else {
                    throw Refusal("the workspace has no dead letter \(id)")
                }
                let registry = JobRegistry()
                guard let kind = registry[letter.job.kind] else { throw Refusal("this release has no kind \(letter.job.kind) to check the payload by") }
                if let complaint = registry.complaint(about: json.text, for: kind) { throw Refusal("the payload does not fit: \(complaint)") }
                let table = PayloadVersionTable(pool: pool)
                let payload = try stored(json, of: letter.job.kind, replacing: found.payload, workspace: workspace)
                switch try await table.edit(job, payload: payload, expected: ifVersion, workspace: workspace, author: "cli") {
                case .done(let version):
                    print("payload version \(version)")
                    Hint.say("next: voicera dead-letters replay \(id)")
                case .stale(let current): throw Refusal("the payload is at version \(current) by now; look at it with voicera dead-letters show \(id)")
                case .tooMany: throw Refusal("the payload has been changed \(PayloadVersionTable.mostVersions - 1) times, which is the most")
                case .notDead, .notFound: throw Refusal("the workspace has no dead letter \(id)")
                }
            }
        }

        /// Headers of a delivery rest sealed: for them the key is needed.
        private func stored(_ payload: RawJSON, of kind: String, replacing old: String, workspace: WorkspaceID) throws -> String {
            guard kind == WebhookDeliverJob.kind, payload["headers"] != nil || payload["url"] != nil else { return payload.text }
            do {
                return try DeliveryEdit(sealer: Environment.sealer(), policy: Environment.addressPolicy()).stored(
                    payload, replacing: old, workspace: workspace)
            } catch let refusal as DeliveryEdit.Refusal {
                throw Refusal("the payload does not fit: \(refusal.pointer) \(refusal.reason)")
            }
        }
    }
}
