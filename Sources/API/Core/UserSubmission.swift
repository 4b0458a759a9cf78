import Ledger
import Primitives

/// Reads users as clients send them.
enum UserSubmission {
    static let longestName = 200
    static let longestExternalID = 255
    /// Bytes of JSON text.
    static let mostMetadata = 16 << 10
    private static let members: Set<String> = ["name", "email", "role", "externalId", "metadata"]

    static func read(_ json: RawJSON) throws(Problem) -> UserProfile {
        var fields = Fields(json)
        try fields.finish()
        fields.allow(only: members)
        let name = fields.text("name", required: true, longest: longestName)
        let email = fields.text("email", required: true, longest: EmailAddress.longest)
        if let email, !EmailAddress.isValid(email) { fields.refuse("email", EmailAddress.rule) }
        let role = fields.choice("role", of: UserRole.self)
        let externalID = fields.text("externalId", longest: longestExternalID)
        let metadata = fields.metadata()
        try fields.finish()
        guard let name, let email else { throw .internalError }
        return UserProfile(name: name, email: email, role: role ?? .learner, externalID: externalID, metadata: metadata)
    }

    static func read(_ patch: RawJSON, over profile: UserProfile) throws(Problem) -> UserProfile {
        try read(
            MergePatch.body(
                patch,
                over: [
                    ("name", .string(profile.name)), ("email", .string(profile.email)), ("role", .string(profile.role.rawValue)),
                    ("externalId", .optional(profile.externalID)), ("metadata", .raw(profile.metadata)),
                ]))
    }
}

extension Fields {
    /// The client's own object, an empty one when there is none.
    mutating func metadata() -> String {
        guard let value = value("metadata", upTo: UserSubmission.mostMetadata) else { return "{}" }
        guard value.kind == .object else {
            refuse("metadata", "must be an object")
            return "{}"
        }
        return value.text
    }
}
