import Glibc

/// Who PostgreSQL runs as. It refuses root, so root hands it to the user that its package made.
struct ServerUser: Sendable {
    let name: String
    let uid: UInt32
    let gid: UInt32

    /// Nil when we are not root and everything can run as ourselves.
    static func needed() throws(LocalStackError) -> ServerUser? {
        guard geteuid() == 0 else { return nil }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var text = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r("postgres", &entry, &text, text.count, &found) == 0, found != nil else {
            let reason = "PostgreSQL does not run as root, and there is no user postgres to run it as"
            throw LocalStackError(.missingBinary, "\(reason). On Debian and Ubuntu: apt-get install postgresql")
        }
        return ServerUser(name: "postgres", uid: entry.pw_uid, gid: entry.pw_gid)
    }

    /// The command that runs the program as this user under the same pid.
    func wrap(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        ("/usr/bin/setpriv", ["--reuid=\(uid)", "--regid=\(gid)", "--clear-groups", "--", program] + arguments)
    }

    func own(_ folder: String) throws(LocalStackError) {
        guard chown(folder, uid, gid) == 0, chmod(folder, 0o700) == 0 else {
            throw LocalStackError(.folder, "cannot give \(folder) to the user \(name): \(systemMessage())")
        }
    }

    /// Whether the user gets through all the folders above it and may write there.
    func canUse(_ folder: String) async throws(LocalStackError) -> Bool {
        let command = wrap("/bin/sh", ["-c", #"cd "$1" && [ -w . ]"#, "sh", folder])
        return try await Command.run(command.program, command.arguments, within: .seconds(5)).succeeded
    }
}
