internal import Postgres
package import Primitives

/// What a client says of a course.
package struct CourseProfile: Sendable, Equatable {
    package var name: String
    package var description: String
    /// The client's own id of the course.
    package var externalID: String?
    /// JSON text of the client's own.
    package var metadata: String

    package init(name: String, description: String = "", externalID: String? = nil, metadata: String = "{}") {
        self.name = name
        self.description = description
        self.externalID = externalID
        self.metadata = metadata
    }
}

package struct CourseRow: Sendable {
    package var id: CourseID
    package var profile: CourseProfile
    /// One more with every change.
    package var version: Int32
    /// Microseconds since 1970.
    package var createdAt: Int64
    package var updatedAt: Int64

    static let columns = "id, name, description, external_id, metadata, version, created_at, updated_at"

    init(_ row: PostgresRow) throws {
        id = CourseID(try row.id(0))
        profile = CourseProfile(
            name: try row.text(1), description: try row.text(2), externalID: try row.optionalText(3), metadata: try row.text(4))
        version = try row.int32(5)
        createdAt = try row.timestamp(6)
        updatedAt = try row.timestamp(7)
    }
}
