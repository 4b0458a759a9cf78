import Hummingbird
import Ledger
import NIOCore
import Postgres

extension Problem {
    /// What a client is told of an error. Nil for one that nobody foresaw.
    init?(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as PostgresError: self.init(postgres: error)
        case is CommitRefusal:
            self = .overloaded
        case let defect as FormFields.Defect: self.init(defect)
        case let refusal as ScheduleRefusal: self.init(refusal)
        case let refusal as CoreRefusal: self.init(refusal)
        case LedgerError.changedMeanwhile: self = .changedMeanwhile
        case LedgerError.tooMuchToCount: self = .tooMuchToCount
        case is NIOTooManyBytesError: self = Problem(status: .contentTooLarge, code: "too_large", detail: "The body is too large.")
        case let error as any HTTPResponseError: self.init(framework: error)
        default: return nil
        }
    }

    private init?(postgres error: PostgresError) {
        switch error.code {
        case .unavailable, .timeout, .serialization, .cancelled:
            let doubt = error.outcomeUnknown ? " Whether this request was stored is not known: repeat it with the same Idempotency-Key." : ""
            self = .unavailable("storage_unavailable", "The storage does not answer at the moment.\(doubt)")
        case .invalidData:
            self = Problem(status: .unprocessableContent, code: "validation_failed", detail: "A value of the request cannot be stored.")
        default: return nil
        }
    }

    /// Hummingbird's own refusals, such as a malformed request.
    private init?(framework error: any HTTPResponseError) {
        guard (400..<500).contains(error.status.code) else { return nil }
        self = .malformedRequest
        status = error.status
    }
}
