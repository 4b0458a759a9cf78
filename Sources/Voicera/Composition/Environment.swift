import API
import ArgumentParser
import Foundation
import HTTPDelivery
import Identity
import Jobs
import Ledger
import Logging
import Postgres
import Primitives
import Queue
import Redis

/// The process environment, read in one place. What is missing or malformed stops the start with a line that names it.
enum Environment {
    static func value(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    static func logger() throws -> Logger {
        let text = value("VOICERA_LOG_LEVEL") ?? "info"
        guard let level = Logger.Level(rawValue: text) else {
            throw ValidationError("VOICERA_LOG_LEVEL: \(text) is none of trace, debug, info, notice, warning, error, critical")
        }
        var logger = Logger(label: "voicera") { _ in JSONLogHandler() }
        logger.logLevel = level
        return logger
    }

    static func sealer() throws -> Sealer {
        guard let secret = value("VOICERA_SECRET_KEY") else {
            throw ValidationError("VOICERA_SECRET_KEY is not set: base64 of 32 random bytes, such as `openssl rand -base64 32` prints")
        }
        return try sealer(Redacted(secret))
    }

    static func sealer(_ secret: Redacted<String>) throws -> Sealer {
        do { return try Sealer(secret: secret) } catch { throw ValidationError("VOICERA_SECRET_KEY is not the base64 of 32 bytes") }
    }

    static func defaultWebhookSecret() throws -> WebhookSecret? {
        guard let text = value("WEBHOOK_SECRET") else { return nil }
        guard let secret = WebhookSecret(text), secret.scheme == .v1 else { throw ValidationError("WEBHOOK_SECRET is not whsec_ and the base64 of 24 to 64 bytes") }
        return secret
    }

    static func addressPolicy() throws -> AddressPolicy {
        var policy = AddressPolicy()
        for (name, path) in [("VOICERA_ALLOW_TARGETS", \AddressPolicy.allowed), ("VOICERA_DENY_TARGETS", \AddressPolicy.denied)] {
            guard let text = value(name) else { continue }
            do { policy[keyPath: path] = try AddressPolicy.parse(list: text) } catch {
                throw ValidationError("\(name) is not a list of address ranges such as 127.0.0.0/8,::1/128")
            }
        }
        policy.denyOwnAddresses()
        // Plain http is for development: only where private targets are allowed, or on demand.
        policy.requiresHTTPS = policy.allowed.isEmpty && value("VOICERA_ALLOW_HTTP") == nil
        return policy
    }

    static func retention() throws -> Retention {
        guard let text = value("VOICERA_RETENTION") else { return Retention() }
        do { return try Retention(parsing: text) } catch { throw ValidationError("VOICERA_RETENTION: \(error)") }
    }

    /// `5d`, or `5d/10` with the number of attempts that have to have failed.
    static func health() throws -> HealthPolicy {
        var policy = HealthPolicy()
        guard let text = value("VOICERA_WEBHOOK_DISABLE_AFTER") else { return policy }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), let unit = parts[0].last.flatMap({ ["m": 60, "h": 3600, "d": 86_400][$0] as Int64? }),
            let count = Int64(parts[0].dropLast()), (1...10_000).contains(count)
        else { throw ValidationError("VOICERA_WEBHOOK_DISABLE_AFTER: \(text) is not a time such as 5d, 12h or 30m, with or without /ATTEMPTS") }
        policy.disableAfter = .seconds(count * unit)
        if parts.count == 2 {
            guard let attempts = Int32(parts[1]), attempts >= 1 else { throw ValidationError("VOICERA_WEBHOOK_DISABLE_AFTER: \(parts[1]) is no number of attempts") }
            policy.disableAttempts = attempts
        }
        return policy
    }

    /// Nil for no limits.
    static func rateLimits() throws -> RateLimits? {
        guard let text = value("VOICERA_RATE_LIMITS") else { return .usual }
        do { return try RateLimits.parse(text) } catch { throw ValidationError("VOICERA_RATE_LIMITS: \(error)") }
    }

    static func trustedProxies() throws -> TrustedProxies {
        guard let text = value("VOICERA_TRUSTED_PROXIES") else { return .none }
        guard let proxies = TrustedProxies(text) else {
            throw ValidationError("VOICERA_TRUSTED_PROXIES: \(text) is not a number from 0 to \(TrustedProxies.most), or forwarded: and such a number")
        }
        return proxies
    }

    static func listenAddress() throws -> ListenAddress {
        guard let text = value("VOICERA_LISTEN") else { return ListenAddress(host: "127.0.0.1", port: 8080) }
        guard let address = ListenAddress(argument: text) else { throw ValidationError("VOICERA_LISTEN: \(text) is not HOST:PORT") }
        return address
    }

    /// `webhooks=500,default=64`
    static func slots(_ text: String?) throws -> [String: Int] {
        var slots: [String: Int] = [:]
        for part in (text ?? "").split(separator: ",") {
            let sides = part.split(separator: "=")
            guard sides.count == 2, let count = Int(sides[1]), (1...10_000).contains(count), QueueMap.builtIn.contains(String(sides[0])) else {
                throw ValidationError("concurrency: \(part) is not queue=1…10000 with one of \(QueueMap.builtIn.joined(separator: ", "))")
            }
            slots[String(sides[0])] = count
        }
        return slots
    }
}
