import Ledger
import Primitives

/// Replays, as clients see them.
enum ReplayJSON {
    static func replay(_ replay: Replay) -> JSON {
        let path = "/api/replays/\(replay.id)"
        let selection = replay.selection
        return [
            "id": .text(replay.id), "webhookId": .text(selection.endpoint), "choice": .string(selection.choice.rawValue),
            "status": .string(replay.state.rawValue), "author": .string(replay.author), "since": .optional(time: selection.since),
            "until": .optional(time: selection.until), "eventTypes": selection.eventTypes.map { .array($0.map { .string($0) }) } ?? .null,
            "deliveryStatus": .optional(selection.state?.rawValue), "url": .optional(replay.url), "rate": .optional(replay.rate),
            "total": .int(replay.total), "processed": .int(replay.processed), "done": .int(replay.done), "skipped": .int(replay.skipped),
            "error": .optional(replay.error), "createdAt": .time(replay.createdAt), "updatedAt": .time(replay.updatedAt),
            "endedAt": .optional(time: replay.endedAt),
            "links": [
                "self": .string(path), "cancel": .string("\(path)/cancel"), "pause": .string("\(path)/pause"), "resume": .string("\(path)/resume"),
                "webhook": .string("/api/webhooks/\(selection.endpoint)"),
            ],
        ]
    }
}
