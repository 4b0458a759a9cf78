package import Postgres

/// The ledger's schema, oldest first. A released one is never edited: its checksum would stop every start.
package enum LedgerMigrations {
    package static let all: [Migration] = [
        Migration(name: "0001_ledger", sql: String(decoding: PackageResources._001_ledger_sql, as: UTF8.self)),
        Migration(name: "0002_engine", sql: String(decoding: PackageResources._002_engine_sql, as: UTF8.self)),
        Migration(name: "0003_schedules", sql: String(decoding: PackageResources._003_schedules_sql, as: UTF8.self)),
        Migration(name: "0004_dead_letters", sql: String(decoding: PackageResources._004_dead_letters_sql, as: UTF8.self)),
        Migration(name: "0005_jobs", sql: String(decoding: PackageResources._005_jobs_sql, as: UTF8.self)),
        Migration(name: "0006_observation", sql: String(decoding: PackageResources._006_observation_sql, as: UTF8.self)),
        Migration(name: "0007_keys", sql: String(decoding: PackageResources._007_keys_sql, as: UTF8.self)),
        Migration(name: "0008_core", sql: String(decoding: PackageResources._008_core_sql, as: UTF8.self)),
        Migration(name: "0009_tokens", sql: String(decoding: PackageResources._009_tokens_sql, as: UTF8.self)),
        Migration(name: "0010_consent", sql: String(decoding: PackageResources._010_consent_sql, as: UTF8.self)),
        Migration(name: "0011_log", sql: String(decoding: PackageResources._011_log_sql, as: UTF8.self)),
        Migration(name: "0012_claims", sql: String(decoding: PackageResources._012_claims_sql, as: UTF8.self)),
        Migration(name: "0013_endpoints", sql: String(decoding: PackageResources._013_endpoints_sql, as: UTF8.self)),
        Migration(name: "0014_deliveries", sql: String(decoding: PackageResources._014_deliveries_sql, as: UTF8.self)),
        Migration(name: "0015_health", sql: String(decoding: PackageResources._015_health_sql, as: UTF8.self)),
        Migration(name: "0016_replays", sql: String(decoding: PackageResources._016_replays_sql, as: UTF8.self)),
        Migration(name: "0017_oauth", sql: String(decoding: PackageResources._017_oauth_sql, as: UTF8.self)),
    ]
}
