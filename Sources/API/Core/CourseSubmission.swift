import Ledger
import Primitives

/// Reads courses as clients send them.
enum CourseSubmission {
    static let longestName = 200
    static let longestDescription = 5000
    private static let members: Set<String> = ["name", "description", "externalId", "metadata"]

    static func read(_ json: RawJSON) throws(Problem) -> CourseProfile {
        var fields = Fields(json)
        try fields.finish()
        fields.allow(only: members)
        let name = fields.text("name", required: true, longest: longestName)
        let description = fields.text("description", longest: longestDescription, mayBeEmpty: true)
        let externalID = fields.text("externalId", longest: UserSubmission.longestExternalID)
        let metadata = fields.metadata()
        try fields.finish()
        guard let name else { throw .internalError }
        return CourseProfile(name: name, description: description ?? "", externalID: externalID, metadata: metadata)
    }

    static func read(_ patch: RawJSON, over profile: CourseProfile) throws(Problem) -> CourseProfile {
        try read(
            MergePatch.body(
                patch,
                over: [
                    ("name", .string(profile.name)), ("description", .string(profile.description)), ("externalId", .optional(profile.externalID)),
                    ("metadata", .raw(profile.metadata)),
                ]))
    }
}
