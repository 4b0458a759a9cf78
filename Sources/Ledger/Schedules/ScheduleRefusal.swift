/// Why a schedule is not stored.
package enum ScheduleRefusal: Error, Sendable, Equatable {
    /// Another schedule of the workspace has the name.
    case nameTaken
    /// The workspace has as many as it may have.
    case tooMany(limit: Int)
    /// No time of the expression ever comes.
    case neverComes
}
