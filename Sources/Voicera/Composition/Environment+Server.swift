import API
import ArgumentParser
import Foundation
import Primitives

extension Environment {
    /// How the API listens. A certificate's files are looked for here, so that a missing one stops the start.
    static func server() throws -> ServerSettings {
        var settings = ServerSettings()
        if let text = value("VOICERA_CORS_ORIGINS") {
            guard let origins = Origins(parsing: text) else {
                throw ValidationError("VOICERA_CORS_ORIGINS: \(text) is neither * nor origins such as https://app.example.com with commas between")
            }
            settings.origins = origins
        }
        let names = ["VOICERA_TLS_CERTIFICATE", "VOICERA_TLS_KEY"]
        switch (value(names[0]), value(names[1])) {
        case (nil, nil): break
        case (let chain?, let key?):
            for (name, path) in zip(names, [chain, key]) where !FileManager.default.isReadableFile(atPath: path) {
                throw ValidationError("\(name): \(path) cannot be read")
            }
            settings.certificate = ServerSettings.Certificate(chain: chain, key: key)
        default: throw ValidationError("\(names[0]) and \(names[1]) are needed together")
        }
        return settings
    }

    /// For how long the API says that it is not ready before it stops.
    static func apiDrain() throws -> Duration {
        guard let text = value("VOICERA_API_DRAIN") else { return .seconds(2) }
        guard let parsed = ShortDuration(argument: text) else { throw ValidationError("VOICERA_API_DRAIN: \(text) is not a time such as 5s") }
        return parsed.duration
    }
}
