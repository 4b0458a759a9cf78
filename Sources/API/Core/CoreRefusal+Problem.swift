import HTTPTypes
import Ledger

extension Problem {
    init(_ refusal: CoreRefusal) {
        switch refusal {
        case .emailTaken: self = .conflict("email_taken", "Another user of the workspace has this e-mail address.", at: "/email")
        case .externalIDTaken: self = .conflict("external_id_taken", "Another one of the workspace has this externalId.", at: "/externalId")
        case .courseInUse:
            self = .conflict("course_in_use", "People are enrolled in the course, or have results in it. With force=true those go along.")
        case .eventTypeTaken: self = .conflict("name_taken", "There is an event type of this name.", at: "/name")
        case .tooManyEventTypes(let limit):
            self = .conflict("too_many_event_types", "A workspace has at most \(limit) event types of its own.")
        case .noSuchUser:
            // Of another workspace or of none: the same answer.
            self = .notFound("user")
            faults = [.body("/userId", "is no user of this workspace")]
        case .noSuchCourse: self = .notFound("course")
        }
    }

    static func versionConflict(_ version: Int32) -> Problem {
        Problem(status: .preconditionFailed, code: "version_conflict", detail: "It is at version \(version) by now: read it, and decide anew.")
    }

    static func conflict(_ code: String, _ detail: String, at pointer: String? = nil) -> Problem {
        Problem(status: .conflict, code: code, detail: detail, faults: pointer.map { [.body($0, "is taken")] } ?? [])
    }
}
