import Foundation
import Ledger
import Primitives

enum ScheduleSchemas {
    private static let catchUp = Schema.choice(CatchUp.self).described("What happens with times that passed while nobody looked.")
    private static let overlap = Schema.choice(Overlap.self).described("What happens when the job before has not ended.")

    /// Any member of a definition, each of which a change may give anew; null brings back what is usual.
    private static func members(_ member: (String, Schema) -> Schema.Member, optional: (String, Schema) -> Schema.Member) -> [Schema.Member] {
        [
            member("name", .string(1...128)),
            member("cron", .string(1...200, pattern: CronPattern.whole).described("Five fields, six with seconds, or a word such as `@daily`.")),
            member("kind", .jobKind), member("payload", JobSchemas.payload),
            optional("timeZone", .choice(timeZones).described("By its name in the IANA database; `UTC` when left out.")),
            optional("queue", .queueName), optional("lane", JobSchemas.laneName), optional("priority", .integer(-100...100)),
            optional("maxAttempts", .integer(1...100)), optional("catchUp", catchUp), optional("catchUpLimit", .integer(1...500)),
            optional("overlap", overlap),
        ]
    }

    private static let timeZones = ["UTC"] + TimeZone.knownTimeZoneIdentifiers.filter { $0 != "UTC" }

    static let request = Schema.object(
        "ScheduleRequest", members(Schema.Member.required, optional: { .optional($0, $1.orNull) }), open: false)
    static let change = Schema.object(
        "ScheduleChange", members(Schema.Member.optional, optional: { .optional($0, $1.orNull) }), open: false)

    private static let shown: [Schema.Member] = [
        .required("id", .id(Schedule.self)), .required("status", .choice(["active", "paused"])), .required("name", .string()),
        .required("cron", .string()), .required("timeZone", .string()), .required("kind", .string()), .required("payload", .any),
        .required("queue", .string()), .required("lane", .string()), .required("priority", .integer()), .required("maxAttempts", .integer()),
        .required("catchUp", .choice(CatchUp.self)), .required("catchUpLimit", .integer()), .required("overlap", .choice(Overlap.self)),
        .required("pausedAt", .time.orNull), .required("pausedBy", .string().orNull), .required("pausedReason", .string().orNull),
        .required("nextAt", .time.orNull), .required("lastAt", .time.orNull), .required("waitingAt", .time.orNull), .required("createdAt", .time),
        .required("updatedAt", .time), .required("links", .links),
    ]

    static let summary = Schema.object("Schedule", shown)
    static let detail = Schema.object(
        "ScheduleDetail",
        shown + [.required("nextOccurrences", .array(.time)), .required("occurrences", .array(occurrence))])

    private static let occurrence = Schema.object(
        "Occurrence",
        [
            .required("at", .time), .required("outcome", .string()), .required("manual", .boolean), .required("until", .time.orNull),
            .required("jobId", .id(JobRow.self).orNull), .required("decidedAt", .time),
        ])
}
