/// Who may import whom. A row names rows above it only, so that arrows point down; SwiftPM itself lets any target import any other one.
struct Layer {
    let module: String
    /// Our modules: the arrows of Package.swift, no more and no fewer.
    let ours: Set<String>
    /// What other packages and Foundation give it. A new name here is a dependency that was decided on (docs/decisions/0001).
    let others: Set<String>

    init(_ module: String, _ ours: Set<String> = [], others: Set<String> = []) {
        self.module = module
        self.ours = ours
        self.others = others
    }

    /// Part of every Swift on Linux.
    static let system: Set<String> = ["Dispatch", "Glibc", "Synchronization"]

    static let all: [Layer] = [
        Layer("CHiredis"),
        Layer("CLibPQ"),
        Layer("CLibCurl"),
        Layer("CZlib"),
        Layer("Primitives"),
        // A language for what values look like; it knows no value of ours.
        Layer("JSONSchema", ["Primitives"]),
        // A language for which events an endpoint wants.
        Layer("EventFilter", ["Primitives"]),
        // Foundation's time zones, and the ICU below them, are in every binary that has Foundation: the tables of Debian are not read.
        Layer("Cron", ["Primitives"], others: ["FoundationEssentials", "FoundationInternationalization"]),

        // Clients: they know a protocol, not our product. Only they see C, and Foundation stays out of them.
        Layer("Redis", ["CHiredis", "Primitives"], others: ["Logging", "NIOCore", "NIOPosix", "NIOSSL", "ServiceLifecycle"]),
        Layer("Postgres", ["CLibPQ", "Primitives"], others: ["CoreMetrics", "Logging", "ServiceLifecycle"]),
        Layer("HTTPDelivery", ["CLibCurl", "Primitives"]),
        Layer("Compression", ["CZlib"]),
        Layer("LocalStack", ["Primitives"], others: ["FoundationEssentials"]),
        // Knows a format, not our product; the rooms below it observe through swift-metrics and do not know it.
        Layer(
            "Telemetry", ["Primitives"],
            others: ["CoreMetrics", "FoundationEssentials", "HTTPTypes", "Hummingbird", "Logging", "NIOCore", "ServiceLifecycle"]),

        // The product below HTTP.
        Layer("Ledger", ["Primitives", "Cron", "EventFilter", "Postgres"], others: ["CoreMetrics", "Logging", "ServiceLifecycle"]),
        Layer("Queue", ["Primitives", "Redis", "Postgres", "Ledger"], others: ["CoreMetrics", "Logging", "ServiceLifecycle"]),
        // Who somebody is and what they may do: no HTTP in it.
        Layer(
            "Identity", ["Primitives", "Redis", "Postgres", "Ledger"],
            others: ["CoreMetrics", "Crypto", "CryptoExtras", "Foundation", "JWTKit", "Logging", "ServiceLifecycle"]),
        Layer("Jobs", ["Primitives", "Ledger", "Queue", "Identity", "HTTPDelivery", "Postgres"], others: ["CoreMetrics", "Crypto", "Foundation"]),

        // What a process is made of. None of the three knows another.
        Layer(
            "API",
            [
                "Primitives", "Cron", "EventFilter", "Redis", "Postgres", "HTTPDelivery", "Ledger", "Queue", "Identity", "Jobs", "Compression", "JSONSchema",
            ],
            others: [
                "CoreMetrics", "Crypto", "Foundation", "HTTPTypes", "Hummingbird", "HummingbirdCore", "HummingbirdHTTP2", "HummingbirdTLS", "Logging",
                "NIOCertificateReloading", "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOSSL", "NIOTLS", "ServiceLifecycle",
            ]),
        Layer(
            "Worker", ["Primitives", "Redis", "Postgres", "Ledger", "Queue", "Identity", "Jobs", "HTTPDelivery"],
            others: ["Logging", "ServiceLifecycle"]),
        Layer("Scheduler", ["Primitives", "Redis", "Postgres", "Ledger", "Queue", "Jobs"], others: ["Logging", "ServiceLifecycle"]),
        // What hurts a whole system and judges it; no process of the system knows it.
        Layer(
            "Chaos", ["Primitives", "Redis", "Postgres", "HTTPDelivery", "LocalStack", "Ledger", "Queue"],
            others: ["Foundation", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix"]),
        Layer(
            "Voicera",
            [
                "Primitives", "Cron", "Redis", "Postgres", "Ledger", "Queue", "Identity", "Jobs", "HTTPDelivery", "API", "Worker", "Scheduler",
                "LocalStack", "Chaos", "Telemetry",
            ],
            others: ["ArgumentParser", "CoreMetrics", "Foundation", "Hummingbird", "Logging", "NIOCore", "NIOPosix", "ServiceLifecycle", "UnixSignals"]),
    ]

    var allowed: Set<String> { ours.union(others).union(Self.system) }
}
