// swift-tools-version: 6.3
import PackageDescription

/// Every target of ours is built alike; a warning is an error, so that none is ever scrolled past.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]
/// For the one target a C library has: pointers are spelled out there.
let bordersC: [SwiftSetting] = house + [.strictMemorySafety()]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let httpParts = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let certificateReloading = Target.Dependency.product(name: "NIOCertificateReloading", package: "swift-nio-extras")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "voicera",
    products: [.executable(name: "voicera", targets: ["Voicera"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // The C libraries, one module each; only the client of the same room imports it.
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        .target(name: "Primitives", swiftSettings: house),
        .target(name: "JSONSchema", dependencies: ["Primitives"], swiftSettings: house),
        .target(name: "EventFilter", dependencies: ["Primitives"], swiftSettings: house),
        .target(name: "Cron", dependencies: ["Primitives"], swiftSettings: house),
        .target(name: "Redis", dependencies: ["CHiredis", "Primitives", nio, nioPosix, nioSSL, logging, lifecycle], swiftSettings: bordersC),
        .target(name: "Postgres", dependencies: ["CLibPQ", "Primitives", logging, metrics, lifecycle], swiftSettings: bordersC),
        .target(name: "HTTPDelivery", dependencies: ["CLibCurl", "Primitives"], swiftSettings: bordersC),
        .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: bordersC),
        .target(name: "LocalStack", dependencies: ["Primitives"], swiftSettings: house),
        .target(name: "Telemetry", dependencies: ["Primitives", metrics, hummingbird, nio, logging, lifecycle], swiftSettings: house),
        .target(
            name: "Ledger", dependencies: ["Primitives", "Cron", "EventFilter", "Postgres", logging, metrics, lifecycle],
            resources: [.embedInCode("Migrations")], swiftSettings: house),
        .target(
            name: "Queue", dependencies: ["Primitives", "Redis", "Postgres", "Ledger", logging, metrics, lifecycle],
            resources: [.embedInCode("Scripts")], swiftSettings: house),
        .target(
            name: "Identity", dependencies: ["Primitives", "Redis", "Postgres", "Ledger", crypto, cryptoExtras, jwt, logging, metrics, lifecycle],
            swiftSettings: house),
        .target(
            name: "Jobs", dependencies: ["Primitives", "Ledger", "Queue", "Identity", "HTTPDelivery", "Postgres", crypto, logging, metrics],
            swiftSettings: house),
        .target(
            name: "API",
            dependencies: [
                "Primitives", "Cron", "EventFilter", "Redis", "Postgres", "HTTPDelivery", "Ledger", "Queue", "Identity", "Jobs", "Compression", "JSONSchema", hummingbird,
                hummingbirdTLS, hummingbirdHTTP2, certificateReloading, httpParts, nio, nioHTTP1, nioTLS, nioSSL, logging, metrics, crypto, lifecycle,
            ],
            resources: [.embedInCode("Scripts")],
            swiftSettings: house),
        .target(
            name: "Worker",
            dependencies: ["Primitives", "Redis", "Postgres", "Ledger", "Queue", "Identity", "Jobs", "HTTPDelivery", logging, lifecycle],
            swiftSettings: house),
        .target(
            name: "Scheduler", dependencies: ["Primitives", "Redis", "Postgres", "Ledger", "Queue", "Jobs", logging, lifecycle],
            swiftSettings: house),
        .target(
            name: "Chaos",
            dependencies: [
                "Primitives", "Redis", "Postgres", "HTTPDelivery", "LocalStack", "Ledger", "Queue", logging, nio, nioPosix, nioHTTP1,
            ],
            swiftSettings: house),
        .executableTarget(
            name: "Voicera",
            dependencies: [
                "Primitives", "Cron", "Redis", "Postgres", "Ledger", "Queue", "Identity", "Jobs", "HTTPDelivery", "API", "Worker", "Scheduler",
                "LocalStack", "Chaos", "Telemetry",
                arguments, logging, metrics, lifecycle, unixSignals, hummingbird, nio, nioPosix,
            ],
            swiftSettings: house),

        .target(name: "TestSupport", dependencies: ["Primitives", "LocalStack"], path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"], swiftSettings: house),
        .testTarget(name: "JSONSchemaTests", dependencies: ["JSONSchema", "Primitives"], swiftSettings: house),
        .testTarget(name: "EventFilterTests", dependencies: ["EventFilter", "Primitives"], swiftSettings: house),
        .testTarget(name: "CronTests", dependencies: ["Cron", "Primitives"], swiftSettings: house),
        .testTarget(name: "RedisTests", dependencies: ["Redis", "Primitives", "LocalStack", "TestSupport", nio, nioPosix, logging, lifecycle], swiftSettings: house),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "Primitives", "LocalStack", "TestSupport", logging, lifecycle], swiftSettings: house),
        .testTarget(name: "LocalStackTests", dependencies: ["LocalStack", "TestSupport", "Primitives"], swiftSettings: house),
        .testTarget(
            name: "QueueTests",
            dependencies: [
                "Queue", "Ledger", "Cron", "Postgres", "Redis", "Primitives", "LocalStack", "Telemetry", "TestSupport", nio, nioPosix, logging, metrics, lifecycle,
            ], swiftSettings: house),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", "TestSupport", metrics, logging, lifecycle], swiftSettings: house),
        .testTarget(name: "HTTPDeliveryTests", dependencies: ["HTTPDelivery", "Primitives", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "IdentityTests",
            dependencies: [
                "Identity", "Ledger", "LocalStack", "Postgres", "Primitives", "Redis", "TestSupport", crypto, jwt, logging, lifecycle, nioPosix,
            ],
            swiftSettings: house),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "HTTPDelivery", "Identity", "Jobs", "Ledger", "LocalStack", "Postgres", "Primitives", "Queue", "Redis", "Telemetry", "TestSupport", "Worker", logging,
                metrics, lifecycle, nioPosix, nioEmbedded, hummingbird, crypto,
            ],
            swiftSettings: house),
        .testTarget(
            name: "ChaosTests",
            dependencies: ["Chaos", "Ledger", "Postgres", "Primitives", "Queue", "Redis", "TestSupport", nio, nioPosix], swiftSettings: house),
        .testTarget(
            name: "JobsTests",
            dependencies: ["Jobs", "HTTPDelivery", "Identity", "Ledger", "Postgres", "Primitives", "Queue", "TestSupport", logging, lifecycle],
            swiftSettings: house),
        .testTarget(
            name: "ProcessTests",
            dependencies: [
                "Worker", "Scheduler", "Jobs", "HTTPDelivery", "Identity", "Ledger", "LocalStack", "Postgres", "Primitives", "Queue", "Redis", "TestSupport",
                logging, lifecycle, nioPosix,
            ],
            swiftSettings: house),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["API", "Cron", "HTTPDelivery", "Identity", "JSONSchema", "Jobs", "Ledger", "Primitives", hummingbird], swiftSettings: house),
        .testTarget(name: "ArchitectureTests", swiftSettings: house),
        .testTarget(
            name: "SystemTests",
            dependencies: ["Ledger", "LocalStack", "Postgres", "Primitives", "Redis", "TestSupport", logging, lifecycle, nio, nioPosix, nioHTTP1],
            swiftSettings: house),
    ]
)
