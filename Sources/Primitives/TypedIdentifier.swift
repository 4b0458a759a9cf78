/// What an id stands for, with the prefix that a user sees: `job_01jd…`.
package protocol IdentifiedThing {
    static var prefix: String { get }
}

/// An id that cannot be mistaken for another kind of thing's.
package struct ID<Thing: IdentifiedThing>: Hashable, Comparable, Sendable {
    package let value: Identifier

    package init(_ value: Identifier) { self.value = value }

    package static func < (left: ID, right: ID) -> Bool { left.value < right.value }
}

extension ID: LosslessStringConvertible {
    package var description: String {
        let prefix = Thing.prefix.utf8
        return String(unsafeUninitializedCapacity: prefix.count + 1 + Identifier.textLength) { buffer in
            var position = 0
            for byte in prefix {
                buffer[position] = byte
                position += 1
            }
            buffer[position] = UInt8(ascii: "_")
            value.write(to: UnsafeMutableBufferPointer(rebasing: buffer[(position + 1)...]))
            return position + 1 + Identifier.textLength
        }
    }

    /// Nil unless the text has this thing's prefix and a whole id.
    package init?(_ description: String) {
        guard description.utf8.count == Thing.prefix.utf8.count + 1 + Identifier.textLength, description.hasPrefix(Thing.prefix + "_"),
            let value = Identifier(ascii: description.utf8.suffix(Identifier.textLength))
        else { return nil }
        self.init(value)
    }
}

extension ID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = ID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "an id that begins with \(Thing.prefix)_ is expected")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

package enum Workspace: IdentifiedThing { package static let prefix = "ws" }
package enum JobRow: IdentifiedThing { package static let prefix = "job" }
package enum Event: IdentifiedThing { package static let prefix = "evt" }
package enum Endpoint: IdentifiedThing { package static let prefix = "whk" }
package enum Delivery: IdentifiedThing { package static let prefix = "dlv" }
package enum Schedule: IdentifiedThing { package static let prefix = "sch" }
package enum APIKey: IdentifiedThing { package static let prefix = "key" }
package enum User: IdentifiedThing { package static let prefix = "user" }
package enum Course: IdentifiedThing { package static let prefix = "course" }
package enum Enrollment: IdentifiedThing { package static let prefix = "enr" }
package enum Completion: IdentifiedThing { package static let prefix = "cmp" }
package enum QuizSubmission: IdentifiedThing { package static let prefix = "quiz" }
package enum OAuthClient: IdentifiedThing { package static let prefix = "client" }
/// What a user, or a client for itself, was granted: a family of tokens.
package enum Grant: IdentifiedThing { package static let prefix = "grt" }
package enum DeadLetterOperationRow: IdentifiedThing { package static let prefix = "dlo" }
package enum ReplayRow: IdentifiedThing { package static let prefix = "rpl" }
package enum ErasureRow: IdentifiedThing { package static let prefix = "ers" }

package typealias WorkspaceID = ID<Workspace>
package typealias JobID = ID<JobRow>
package typealias EventID = ID<Event>
package typealias EndpointID = ID<Endpoint>
package typealias DeliveryID = ID<Delivery>
package typealias ScheduleID = ID<Schedule>
package typealias APIKeyID = ID<APIKey>
package typealias UserID = ID<User>
package typealias CourseID = ID<Course>
package typealias EnrollmentID = ID<Enrollment>
package typealias CompletionID = ID<Completion>
package typealias QuizSubmissionID = ID<QuizSubmission>
package typealias OAuthClientID = ID<OAuthClient>
package typealias GrantID = ID<Grant>
package typealias DeadLetterOperationID = ID<DeadLetterOperationRow>
package typealias ReplayID = ID<ReplayRow>
package typealias ErasureID = ID<ErasureRow>
