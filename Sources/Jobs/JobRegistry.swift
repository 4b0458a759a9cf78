package import Ledger
import Postgres
package import Queue

/// Finds a kind by its wire name or an old one of it.
package struct JobRegistry: Sendable {
    private let types: [String: any Job.Type]

    package init(_ jobs: [any Job.Type] = allJobs) {
        var types: [String: any Job.Type] = [:]
        for job in jobs {
            for name in [job.kind] + job.kindAliases { types[name] = job }
        }
        self.types = types
    }

    package subscript(kind: String) -> (any Job.Type)? { types[kind] }

    /// Kinds that API clients may enqueue, sorted.
    package var publicKinds: [String] { types.filter { $0.value.isPublic && $0.key == $0.value.kind }.keys.sorted() }

    /// What is wrong with a payload for a kind, in words for the client; nil when it can be decoded.
    package func complaint(about payload: String, for type: any Job.Type) -> String? {
        do {
            _ = try type.decode(payload)
            return nil
        } catch let error as DecodingError {
            return error.complaint
        } catch {
            return "the payload cannot be read"
        }
    }
}

/// Runs jobs by their kind's code.
package struct JobPerformer: KindRunner {
    private let registry: JobRegistry
    private let services: JobServices
    private static let newerPayloadRecheck = Duration.seconds(60)

    package init(registry: JobRegistry = JobRegistry(), services: JobServices) {
        self.registry = registry
        self.services = services
    }

    package func policy(of kind: String) -> RunPolicy? {
        registry[kind].map { RunPolicy(retry: $0.retry, deadline: $0.deadline) }
    }

    package func perform(_ job: RunnableJob) async -> Outcome {
        guard let type = registry[job.kind] else {
            return .failed(Failure(.permanent, code: "unknown_kind", message: "this worker has no kind named \(job.kind)"))
        }
        guard job.payloadVersion <= type.payloadVersion else {
            // A newer release put it here; its workers know what to do (law 7).
            return .snoozed(
                Self.newerPayloadRecheck,
                reason: "the payload has version \(job.payloadVersion), this worker knows \(type.payloadVersion)")
        }
        let decoded: any Job
        do {
            var payload = job.payload
            if job.payloadVersion < type.payloadVersion { payload = try type.upgrade(payload, from: Int(job.payloadVersion)) }
            decoded = try type.decode(payload)
        } catch {
            let reason = (error as? DecodingError)?.complaint ?? "the payload cannot be read"
            return .failed(Failure(.permanent, code: "undecodable_payload", message: reason))
        }
        do {
            return try await decoded.perform(JobContext(job: job, services: services))
        } catch let failure as Failure {
            return .failed(failure)
        } catch let error as PostgresError where [.unavailable, .timeout, .serialization].contains(error.code) {
            // Our own ledger is away: no fault of the job's, which waits without spending its attempt (law 7).
            return .snoozed(.seconds(1), reason: "the ledger does not answer")
        } catch {
            return .failed(Failure(.transient(), code: "error", message: "\(error)"))
        }
    }
}

extension DecodingError {
    /// Says where and what, never the value.
    fileprivate var complaint: String {
        let (path, what): ([any CodingKey], String) =
            switch self {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
            case .valueNotFound(_, let context): (context.codingPath, "must not be null")
            case .typeMismatch(_, let context): (context.codingPath, "has the wrong type")
            case .dataCorrupted(let context): (context.codingPath, context.codingPath.isEmpty ? "is not valid JSON" : context.debugDescription)
            @unknown default: ([], "cannot be read")
            }
        return "/" + path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "/") + " " + what
    }
}
