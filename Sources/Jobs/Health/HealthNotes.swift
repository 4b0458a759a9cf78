import Ledger
import Primitives
import Synchronization

/// What a worker has seen of endpoints and not yet written: counts, so that its size goes by endpoints and not by deliveries.
final class HealthNotes: Sendable {
    struct Sum {
        var workspace: WorkspaceID
        var successes: Int64 = 0
        var failures: Int64 = 0
        var lastSuccess: ContinuousClock.Instant?
        var lastFailure: ContinuousClock.Instant?
        var failing: ContinuousClock.Instant?
        var failuresSinceSuccess: Int32 = 0
        var certificateExpiresAt: Int64?
    }

    private let sums = Mutex<[EndpointID: Sum]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant
    /// More endpoints than this within a second are not noted: health is an estimate, and the next note comes.
    static let most = 10_000

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    func add(_ note: DeliveryNote) {
        guard note.answer != .none || note.certificateExpiresAt != nil else { return }
        let now = now()
        sums.withLock { sums in
            guard var sum = sums[note.endpoint] ?? (sums.count < Self.most ? Sum(workspace: note.workspace) : nil) else { return }
            switch note.answer {
            case .succeeded:
                sum.successes += 1
                (sum.lastSuccess, sum.failing, sum.failuresSinceSuccess) = (now, nil, 0)
            case .failed:
                sum.failures += 1
                sum.lastFailure = now
                sum.failing = sum.failing ?? now
                sum.failuresSinceSuccess += 1
            case .none: break
            }
            if let expiry = note.certificateExpiresAt {
                let (microseconds, overflow) = expiry.multipliedReportingOverflow(by: 1_000_000)
                if !overflow, (0...Self.latest).contains(microseconds) { sum.certificateExpiresAt = microseconds }
            }
            sums[note.endpoint] = sum
        }
    }

    /// A certificate's word for its own end: beyond the year 9999 it says nothing.
    private static let latest: Int64 = 253_402_300_799_000_000

    /// All that there is, in the order of ids; empty afterwards.
    func take() -> [(EndpointID, Sum)] {
        sums.withLock { sums in
            defer { sums.removeAll(keepingCapacity: sums.count < 1000) }
            return sums.sorted { $0.key < $1.key }
        }
    }

    /// Puts back what could not be written, under what came meanwhile.
    func putBack(_ taken: [(EndpointID, Sum)]) {
        sums.withLock { sums in
            for (endpoint, old) in taken {
                guard let new = sums[endpoint] else {
                    if sums.count < Self.most { sums[endpoint] = old }
                    continue
                }
                var sum = new
                sum.successes += old.successes
                sum.failures += old.failures
                sum.lastFailure = new.lastFailure ?? old.lastFailure
                sum.certificateExpiresAt = new.certificateExpiresAt ?? old.certificateExpiresAt
                if new.lastSuccess == nil {
                    sum.lastSuccess = old.lastSuccess
                    sum.failing = old.failing ?? new.failing
                    sum.failuresSinceSuccess += old.failuresSinceSuccess
                }
                sums[endpoint] = sum
            }
        }
    }

    func tally(_ endpoint: EndpointID, _ sum: Sum) -> EndpointTally {
        let now = now()
        func age(_ instant: ContinuousClock.Instant?) -> Int64? { instant.map { max(0, (now - $0).microseconds) } }
        var tally = EndpointTally(endpoint: endpoint, workspace: sum.workspace)
        (tally.successes, tally.failures) = (sum.successes, sum.failures)
        (tally.lastSuccessAge, tally.lastFailureAge, tally.failingAge) = (age(sum.lastSuccess), age(sum.lastFailure), age(sum.failing))
        (tally.failuresSinceSuccess, tally.certificateExpiresAt) = (sum.failuresSinceSuccess, sum.certificateExpiresAt)
        return tally
    }
}
