/// What the document says of API keys.
enum KeyOperations {
    static let overlapSeconds: ClosedRange<Int64> = 0...604_800

    static let list = Operation(
        "listKeys", .keys, "List API keys", description: "Newest first. Revoked keys are in no answer.", parameters: .paging("keys", .id("key")),
        answers: [.page("Keys of the workspace.", of: KeySchemas.key, example: KeySchemas.example)])

    static let create = Operation(
        "createKey", .keys, "Make an API key",
        description: "The secret, `key`, is in this answer and nowhere else. A key has no scope that its maker lacks, no network that its maker may not come from, and no end after that of the key that makes it.",
        body: .json(KeySchemas.new, example: KeySchemas.newExample),
        answers: [.created("The key, with its secret.", KeySchemas.keyWithSecret, example: KeySchemas.secretExample)],
        problems: [.beyondCaller([.body("/scopes", "you do not have operator yourself")])])

    static let show = Operation(
        "getKey", .keys, "Read an API key", answers: [.ok("The key.", KeySchemas.key, example: KeySchemas.example)])

    static let change = Operation(
        "changeKey", .keys, "Change an API key", description: "Name, scopes, networks and expiry; what is left out stays. In force everywhere within a second.",
        body: .json(KeySchemas.change, example: ["name": "Nightly export", "allowedNetworks": ["192.0.2.0/24"], "expiresAt": .null]),
        answers: [.ok("The key as it is now.", KeySchemas.key, example: KeySchemas.example)],
        problems: [.beyondCaller([.body("/scopes", "you do not have operator yourself")])])

    static let revoke = Operation(
        "revokeKey", .keys, "Revoke an API key", description: "All of its secrets stop working everywhere within a second.",
        answers: [.noContent("It is over.")])

    static let rotate = Operation(
        "rotateKey", .keys, "Give an API key a new secret",
        description: "The new secret, `key`, is in this answer and nowhere else. The old one goes on for `overlapSeconds`; 0 ends it now.",
        body: .json(KeySchemas.rotation, example: ["overlapSeconds": 3600], optional: true),
        answers: [.ok("The key, with its new secret.", KeySchemas.keyWithSecret, example: KeySchemas.secretExample)],
        problems: [.beyondCaller([.body("", "the key has operator, which you do not have yourself")])])

    static let endOverlap = Operation(
        "endKeyOverlap", .keys, "End the old secrets of an API key", description: "What goes on beside the newest secret since a rotation stops working now.",
        body: .empty, answers: [.ok("The key, with one secret.", KeySchemas.key, example: KeySchemas.example)])
}
