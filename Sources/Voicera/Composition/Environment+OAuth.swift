import ArgumentParser
import Identity
import Primitives

/// What is set for the OAuth server.
struct OAuthEnvironment {
    /// Nil for where the process listens.
    var publicURL: String?
    var settings: OAuthSettings
    /// The client that is there from the first start.
    var client: BootstrapClient?
}

extension Environment {
    private static let shortestSharedSecret = 32
    private static let shortestClientSecret = 8

    static func oauth() throws -> OAuthEnvironment {
        var settings = OAuthSettings()
        let publicURL = try publicURL()
        if let secret = value("JWT_SECRET") {
            guard publicURL?.hasPrefix("https://") != true else {
                throw ValidationError("JWT_SECRET is for local use: with VOICERA_PUBLIC_URL at https, tokens are signed by the ledger's own keys")
            }
            guard secret.utf8.count >= shortestSharedSecret else {
                throw ValidationError("JWT_SECRET is shorter than \(shortestSharedSecret) bytes")
            }
            settings.sharedSecret = Redacted(secret)
        }
        settings.registrationToken = value("OAUTH_REGISTRATION_TOKEN").map { Redacted($0) }
        settings.requiresNonces = try flag("OAUTH_DPOP_NONCES")
        settings.accessTokens = try time(
            "OAUTH_ACCESS_TOKEN_LIFETIME", .seconds(1)...OAuthSettings.longestAccessTokens) ?? settings.accessTokens
        settings.refreshIdle = try time("OAUTH_REFRESH_TOKEN_IDLE", .seconds(60)...(.seconds(366 * 86_400))) ?? settings.refreshIdle
        settings.grants = try time("OAUTH_GRANT_LIFETIME", .seconds(60)...(.seconds(10 * 366 * 86_400))) ?? settings.grants
        return OAuthEnvironment(publicURL: publicURL, settings: settings, client: try bootstrapClient())
    }

    private static func publicURL() throws -> String? {
        guard let text = value("VOICERA_PUBLIC_URL") else { return nil }
        guard let url = Issuer.check(text) else {
            throw ValidationError("VOICERA_PUBLIC_URL is no http or https URL without query, fragment and slash at its end")
        }
        return url
    }

    private static func bootstrapClient() throws -> BootstrapClient? {
        guard let id = value("OAUTH_CLIENT_ID") else {
            guard value("OAUTH_CLIENT_SECRET") == nil else { throw ValidationError("OAUTH_CLIENT_ID is not set, though OAUTH_CLIENT_SECRET is") }
            return nil
        }
        guard let secret = value("OAUTH_CLIENT_SECRET") else { throw ValidationError("OAUTH_CLIENT_SECRET is not set, though OAUTH_CLIENT_ID is") }
        guard BootstrapClient.isID(id) else {
            throw ValidationError("OAUTH_CLIENT_ID has 1 to 128 letters, digits, and - . _ ~, and does not begin with user_ or client_")
        }
        guard secret.utf8.count >= shortestClientSecret, secret.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw ValidationError("OAUTH_CLIENT_SECRET has fewer than \(shortestClientSecret) characters, or some that are not printable ASCII")
        }
        let uris = (value("OAUTH_CLIENT_REDIRECT_URIS") ?? "").split(separator: ",").map(String.init)
        for uri in uris {
            do throws(RedirectURIError) { _ = try RedirectURI(registering: uri) } catch {
                throw ValidationError("OAUTH_CLIENT_REDIRECT_URIS: \(uri) \(error.reason)")
            }
        }
        return BootstrapClient(id: id, secret: Redacted(secret), redirectURIs: uris)
    }

    /// `on` or `off`, which is what it is when nothing is set.
    private static func flag(_ name: String) throws -> Bool {
        switch value(name) {
        case nil, "off": false
        case "on": true
        case let other?: throw ValidationError("\(name): \(other) is neither on nor off")
        }
    }

    /// `15m`, `30d`.
    private static func time(_ name: String, _ range: ClosedRange<Duration>) throws -> Duration? {
        guard let text = value(name) else { return nil }
        let units: [(String, Int64)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        for (unit, seconds) in units where text.hasSuffix(unit) {
            guard let number = Int64(text.dropLast(unit.count)), number > 0, number < 1 << 32, range.contains(.seconds(number * seconds)) else { break }
            return .seconds(number * seconds)
        }
        throw ValidationError("\(name): \(text) is no time such as 15m or 30d, or out of its bounds")
    }
}
