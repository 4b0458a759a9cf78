internal import Postgres
package import Primitives

/// What a user may do to the workspace, and so what a program may be granted in the user's name.
package enum UserRole: String, Sendable, CaseIterable {
    case learner, developer, admin
}

/// What a client says of a user.
package struct UserProfile: Sendable, Equatable {
    package var name: String
    package var email: String
    package var role: UserRole
    /// The client's own id of the user.
    package var externalID: String?
    /// JSON text of the client's own.
    package var metadata: String

    package init(name: String, email: String, role: UserRole = .learner, externalID: String? = nil, metadata: String = "{}") {
        self.name = name
        self.email = email
        self.role = role
        self.externalID = externalID
        self.metadata = metadata
    }
}

package struct UserRow: Sendable {
    package var id: UserID
    package var profile: UserProfile
    /// One more with every change.
    package var version: Int32
    /// Microseconds since 1970.
    package var createdAt: Int64
    package var updatedAt: Int64

    static let columns = "id, name, email, role, external_id, metadata, version, created_at, updated_at"

    init(_ row: PostgresRow) throws {
        id = UserID(try row.id(0))
        profile = UserProfile(
            name: try row.text(1), email: try row.text(2), role: UserRole(rawValue: try row.text(3)) ?? .learner, externalID: try row.optionalText(4),
            metadata: try row.text(5))
        version = try row.int32(6)
        createdAt = try row.timestamp(7)
        updatedAt = try row.timestamp(8)
    }
}
