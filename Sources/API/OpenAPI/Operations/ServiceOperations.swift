import HTTPTypes
import Primitives

/// What the API tells of itself.
enum ServiceOperations {
    static let health = Operation(
        "getHealth", .log, "Whether the process lives",
        answers: [
            .ok(
                "It does.", .object(nil, [.required("status", .choice(["ok"])), .required("version", .string())]),
                example: ["status": "ok", "version": "0.4.0"])
        ])

    private static let readiness = Schema.object(
        "Readiness",
        [
            .required("status", .choice(["ready", "degraded", "draining", "unavailable"])), .required("version", .string()),
            .required("postgres", .choice(["up", "down"])), .required("redis", .choice(["up", "down"])),
        ])

    static let ready: Operation = {
        let answer: JSON = ["status": "ready", "version": "0.4.0", "postgres": "up", "redis": "up"]
        var away = Operation.Answer.ok("It cannot, or is about to stop.", readiness, example: answer)
        away.status = .serviceUnavailable
        away.example = ["status": "unavailable", "version": "0.4.0", "postgres": "down", "redis": "up"]
        away.headers = [("Retry-After", "Seconds.", .integer(1...(.max)))]
        return Operation(
            "getReadiness", .log, "Whether the process can do its work",
            description: "Without Redis jobs are still accepted: `degraded`, and a 200.",
            answers: [.ok("It can.", readiness, example: answer), away])
    }()

    static let document = Operation(
        "getDocument", .log, "This document",
        answers: [
            .ok(
                "OpenAPI 3.1.", .object(nil, [.required("openapi", .string()), .required("paths", .object(nil, []))]),
                example: ["openapi": "3.1.0", "info": ["title": "Voicera API", "version": "0.4.0"], "paths": .object([])])
        ])

    static let metrics: Operation = {
        var answer = Operation.Answer.ok("Metrics of this process.", .string(), example: "# TYPE voicera_http_requests_total counter\n")
        answer.mediaType = "text/plain"
        return Operation(
            "getMetrics", .log, "Metrics as Prometheus reads them", answers: [answer], problems: [.unknownRoute])
    }()

    static let actions = Operation(
        "listOperatorActions", .log, "What operators did, newest first",
        parameters: .paging("operator-actions", .number) + [
            .query("action", .filter, "What was done."), .query("actor", .filter, "Who did it."),
            .query("since", .time, "From this time on."), .query("until", .time, "Before this time."),
        ],
        answers: [
            .page(
                "A page of actions.",
                of: .object(
                    "OperatorAction",
                    [
                        .required("id", .string()), .required("at", .time), .required("actor", .string()), .required("action", .string()),
                        .required("jobIds", .array(.id(JobRow.self))), .required("detail", .any),
                    ]),
                example: [
                    "id": "17", "at": Examples.time, "actor": "key_01jd2n8w5tq3v9k7x4m6b0c1yz", "action": "replay", "jobIds": [.string(Examples.job)],
                    "detail": .null,
                ])
        ])
}
