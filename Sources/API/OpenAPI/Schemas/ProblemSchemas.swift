/// Errors, as every operation answers them.
enum ProblemSchemas {
    static let name = "Problem"

    static let problem = Schema(
        keywords: Schema.object(
            nil,
            [
                .required("type", .url.described("Names the kind of problem.")),
                .required("title", .string().described("The status in words.")),
                .required("status", .integer(400...599)),
                .required("detail", .string().described("For people.")),
                .required("code", .string(pattern: "^[a-z0-9_]+$").described("For programs: a word that stays.")),
                .required("requestId", .string()),
                .optional("violated-policies", .array(.string()).described("Limits that were exceeded, as `RateLimit-Policy` names them.")),
                .optional("errors", .array(fault).described("What is wrong with the request, value by value.")),
            ]
        ).keywords)

    private static let fault = Schema.object(
        nil,
        [
            .optional("pointer", .string().described("JSON pointer (RFC 6901) into the body.")),
            .optional("parameter", .string().described("Of the query, or a header.")),
            .required("reason", .string()),
        ])
}
