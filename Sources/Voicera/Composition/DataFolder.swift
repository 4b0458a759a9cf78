import Foundation
import Identity
import Primitives

/// What `voicera up` keeps between starts: the sealing key and the API key of its workspace, both readable by the owner only.
struct DataFolder {
    struct Access: Codable {
        var workspaceId: String
        var apiKey: String
    }

    struct Run: Codable {
        var baseUrl: String
        var workspaceId: String
        var apiKey: String
        var databaseUrl: String
        var redisUrl: String
        var pids: [String: Int32]
    }

    let path: String

    init(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// From the environment, else made once and kept.
    func secretKey() throws -> Redacted<String> {
        if let given = Environment.value("VOICERA_SECRET_KEY") { return Redacted(given) }
        let file = path + "/secret.key"
        if let kept = try? String(contentsOfFile: file, encoding: .utf8) { return Redacted(kept.trimmingCharacters(in: .whitespacesAndNewlines)) }
        let made = Sealer.randomKey()
        try write(Data(made.utf8), to: file)
        return Redacted(made)
    }

    func access() -> Access? {
        (try? Data(contentsOf: URL(fileURLWithPath: path + "/access.json"))).flatMap { try? JSONDecoder().decode(Access.self, from: $0) }
    }

    func keep(_ access: Access) throws { try write(try Self.encoder.encode(access), to: path + "/access.json") }

    func announce(_ run: Run) throws { try write(try Self.encoder.encode(run), to: path + "/run.json") }

    func withdraw() { try? FileManager.default.removeItem(atPath: path + "/run.json") }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// Born with mode 0600 and moved into place: no reader sees half a file, and nobody else sees any.
    private func write(_ data: Data, to file: String) throws {
        let fresh = file + ".new"
        try? FileManager.default.removeItem(atPath: fresh)
        guard FileManager.default.createFile(atPath: fresh, contents: data, attributes: [.posixPermissions: 0o600]) else {
            throw CocoaError(.fileWriteUnknown)
        }
        guard rename(fresh, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
