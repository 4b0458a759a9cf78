import Foundation
package import Queue

/// A kind of job: its payload, its rules and its work. One file in `Kinds/` and one line in `AllJobs.swift` make a new one; the API, the workers,
/// retries, the log and dead letters take it from there.
///
/// A value of the type is the decoded payload (JSON, by the property names). A payload that cannot be decoded becomes a dead letter.
package protocol Job: Codable, Sendable {
    /// Wire name, `noun.verb`. Never renamed: old names move to `kindAliases`.
    static var kind: String { get }
    static var kindAliases: [String] { get }
    /// One of `QueueMap.builtIn`.
    static var queue: String { get }
    static var retry: RetryPolicy { get }
    /// Attempts before the job is buried, unless the job says otherwise.
    static var maxAttempts: Int { get }
    /// Longest time one attempt may take.
    static var deadline: Duration { get }
    /// Whether API clients may enqueue the kind by name; else only our own code does.
    static var isPublic: Bool { get }

    /// The shape of the payload, counted up when it changes in a way that old payloads do not decode.
    static var payloadVersion: Int { get }
    /// Brings a payload of an older version into the present shape. What it throws buries the job.
    static func upgrade(_ payload: String, from version: Int) throws -> String
    /// The payload as the ledger has it. A kind that runs thousands of times a second may read it by hand.
    static func decode(_ payload: String) throws -> Self

    /// Does the work once. Must bear being run again (law 4), and must end soon after its task is cancelled.
    /// An error thrown that is no `Failure` counts as a transient one.
    func perform(_ context: JobContext) async throws -> Outcome
}

extension Job {
    package static var kindAliases: [String] { [] }
    package static var queue: String { "default" }
    package static var retry: RetryPolicy { .standard }
    package static var maxAttempts: Int { 20 }
    package static var deadline: Duration { .seconds(60) }
    package static var isPublic: Bool { true }
    package static var payloadVersion: Int { 1 }
    package static func upgrade(_ payload: String, from version: Int) throws -> String { payload }

    package static func decode(_ payload: String) throws -> Self { try JSONDecoder().decode(Self.self, from: Data(payload.utf8)) }
}
