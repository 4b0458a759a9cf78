/// Rate limits in the document.
enum LimitSchemas {
    private static let perMinute = Schema.integer(LimitOperations.range).described("Requests a minute and a credential.")
    private static let burst = Schema.integer(LimitOperations.range).described("Requests at once, and within ten seconds.")

    private static let limit = Schema.object(
        "Limit", [.required("perMinute", perMinute), .required("burst", burst), .required("isDefault", .boolean)])
    static let limits = Schema.object("Limits", RouteClass.ofCredentials.map { .required($0.rawValue, limit) })

    private static let newLimit = Schema.object(
        nil, [.required("perMinute", perMinute), .optional("burst", burst.orNull.described("A third of a minute's when left out."))], open: false)
    static let change = Schema.object("LimitsChange", RouteClass.ofCredentials.map { .optional($0.rawValue, newLimit.orNull) }, open: false)

    private static let policy = Schema.object(
        nil,
        [
            .required("name", .string()), .required("quota", .integer(1...Int64.max)), .required("windowSeconds", .integer(1...Int64.max)),
            .required("remaining", Schema.integer(0...Int64.max).orNull),
            .required("moreInSeconds", Schema.integer(0...Int64.max).orNull.described("Until there is more; 0 when nothing was used.")),
        ])
    static let remaining = Schema.object(
        "RateLimit",
        [
            .required("enforced", .boolean),
            .required(
                "limits",
                .array(
                    .object(
                        nil,
                        [.required("class", .choice(RouteClass.ofCredentials.map(\.rawValue))), .required("policies", .array(policy))]))),
        ])

    static let example: JSON = [
        "read": ["perMinute": 3000, "burst": 500, "isDefault": false], "write": ["perMinute": 6000, "burst": 2000, "isDefault": true],
        "enqueue": ["perMinute": 600_000, "burst": 200_000, "isDefault": true],
    ]
    private static let policies: JSON = [
        ["name": "read-burst", "quota": 2000, "windowSeconds": 10, "remaining": 1999, "moreInSeconds": 1],
        ["name": "read-minute", "quota": 6000, "windowSeconds": 60, "remaining": 5999, "moreInSeconds": 1],
    ]
    static let remainingExample: JSON = ["enforced": true, "limits": [["class": "read", "policies": policies]]]
}
