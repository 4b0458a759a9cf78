import Jobs
import Ledger
import Primitives

/// Dead letters, their groups, and operations on them, as clients see them.
enum DeadLetterJSON {
    static func summary(_ letter: DeadLetter, workspace: WorkspaceID) -> JSON {
        .object(JobJSON.members(letter.job, workspace: workspace) + more(letter))
    }

    static func detail(_ letter: DeadLetter, _ found: JobTable.Found, versions: [PayloadVersion], workspace: WorkspaceID) -> JSON {
        // The version that counts here is the operators', not that of the kind's encoding.
        .object(
            JobJSON.detailMembers(found, workspace: workspace).filter { $0.0 != "payloadVersion" } + more(letter) + [
                ("payloadVersion", .int(versions.last?.version ?? 1)),
                ("payloads", .array(versions.map { .object(members($0, of: letter.job.id)) })),
            ])
    }

    private static func more(_ letter: DeadLetter) -> [(String, JSON)] { [("fingerprint", .optional(letter.fingerprint))] }

    static func payload(_ version: PayloadVersion, _ payload: String, of job: JobID) -> JSON {
        .object(members(version, of: job) + [("payload", .raw(DeliveryEdit.shown(payload)))])
    }

    private static func members(_ version: PayloadVersion, of job: JobID) -> [(String, JSON)] {
        [
            ("version", .int(version.version)), ("author", .optional(version.author)), ("at", .time(version.at)),
            ("links", ["self": .string("/api/dead-letters/\(job)/payloads/\(version.version)")]),
        ]
    }

    static func group(_ group: DeadLetterGroup, by grouping: DeadLetterGrouping, filter: DeadLetterFilter, workspace: WorkspaceID) -> JSON {
        let key = grouping == .lane ? group.key.map { LaneName.shown($0, workspace: workspace) } : group.key
        return [
            "key": .optional(key), "groupBy": .string(grouping.rawValue), "count": .int(group.count), "oldestAt": .time(group.oldest),
            "newestAt": .time(group.newest), "kind": .optional(group.kind), "errorClass": .optional(group.errorClass),
            "sample": ["jobId": .text(group.sample), "errorMessage": .optional(group.message)],
            "links": [
                "deadLetters": .optional(filter.narrowed(to: group, by: grouping)?.link(workspace: workspace)),
                "sample": .string("/api/dead-letters/\(group.sample)"),
            ],
        ]
    }

    static func operation(_ operation: DeadLetterOperation, workspace: WorkspaceID) -> JSON {
        let path = "/api/dead-letters/operations/\(operation.id)"
        return [
            "operationId": .text(operation.id), "action": .string(operation.action.rawValue), "status": .string(operation.state.rawValue),
            "author": .string(operation.author), "ids": .optional(operation.ids?.count),
            "filter": operation.ids == nil ? operation.filter.json(workspace: workspace) : .null, "rate": .optional(operation.rate),
            "limit": .optional(operation.limit), "total": .int(operation.total), "processed": .int(operation.processed),
            "done": .int(operation.done), "skipped": .int(operation.skipped), "error": .optional(operation.error),
            "createdAt": .time(operation.createdAt), "updatedAt": .time(operation.updatedAt), "endedAt": .optional(time: operation.endedAt),
            "links": [
                "self": .string(path), "cancel": .string("\(path)/cancel"), "pause": .string("\(path)/pause"), "resume": .string("\(path)/resume"),
            ],
        ]
    }
}
