import FoundationEssentials
import Glibc

/// The folder of one private server: data, log, and a place for its socket.
struct ServerFolder: Sendable {
    /// Absolute; what the caller named.
    let path: String
    let lifetime: ServerLifetime

    var log: String { "\(path)/server.log" }

    init(_ directory: String, lifetime: ServerLifetime) throws(LocalStackError) {
        path = directory.hasPrefix("/") ? directory : FileManager.default.currentDirectoryPath + "/" + directory
        self.lifetime = lifetime
        try makeFolder(path)
        rotateLog()
    }

    /// A folder whose socket paths fit into the 108 bytes that the system allows: this one, or a short one under /tmp when it is deep.
    func socketFolder(owners: [UInt32] = [geteuid()]) throws(LocalStackError) -> String {
        // ".s.PGSQL.5432.lock" is the longest name that will stand in it.
        path.utf8.count <= 80 ? path : try elsewhere("socket", under: "/tmp", owners: owners)
    }

    /// A folder in another place that belongs to this one: a file here remembers it, so that it is found again and forgotten with this folder.
    func elsewhere(_ purpose: String, under base: String, owners: [UInt32] = [geteuid()]) throws(LocalStackError) -> String {
        let note = "\(path)/\(purpose)-folder"
        if let known = try? String(contentsOfFile: note, encoding: .utf8), known.hasPrefix(base + "/voicera-") {
            var information = stat()
            // Anyone may make a name under /tmp: only a real folder of ours that is closed to others is taken.
            if lstat(known, &information) == 0, information.st_mode & S_IFMT == S_IFDIR, information.st_mode & 0o077 == 0,
                owners.contains(information.st_uid)
            {
                return known
            }
        }
        let made = try makeTemporaryFolder("\(base)/voicera-")
        if lifetime == .boundToParent { try ParentGuard.remove(made) }
        do { try Data(made.utf8).write(to: URL(filePath: note)) } catch { throw LocalStackError(.folder, "cannot write \(note): \(error)") }
        return made
    }

    /// Removes what ``elsewhere(_:under:)`` made for the purpose.
    func forget(_ purpose: String, under base: String) {
        let note = "\(path)/\(purpose)-folder"
        guard let known = try? String(contentsOfFile: note, encoding: .utf8), known.hasPrefix(base + "/voicera-") else { return }
        try? FileManager.default.removeItem(atPath: known)
        try? FileManager.default.removeItem(atPath: note)
    }

    func logTail() -> String {
        guard let handle = fopen(log, "re") else { return "" }
        defer { fclose(handle) }
        fseek(handle, -4096, SEEK_END)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = fread(&buffer, 1, buffer.count, handle)
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").suffix(20).joined(separator: "\n")
    }

    /// One older log is kept, so that a folder used for years does not fill the disk.
    private func rotateLog() {
        var information = stat()
        if stat(log, &information) == 0, information.st_size > 8 << 20 { rename(log, log + ".1") }
    }
}

/// Makes the folder and its missing parents. They are closed to other users, except that root's can be passed through: PostgreSQL then runs
/// as another.
func makeFolder(_ path: String, mode: UInt32 = geteuid() == 0 ? 0o711 : 0o700) throws(LocalStackError) {
    guard access(path, F_OK) != 0 else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash]), mode: mode) }
    // Named once more after mkdir, which the umask has a say in. Made by somebody else meanwhile is as good.
    guard mkdir(path, mode) == 0 ? chmod(path, mode) == 0 : errno == EEXIST else {
        throw LocalStackError(.folder, "cannot make the folder \(path): \(systemMessage())")
    }
}

package func makeTemporaryFolder(_ prefix: String) throws(LocalStackError) -> String {
    guard let template = strdup(prefix + "XXXXXX") else { throw LocalStackError(.folder, "out of memory") }
    defer { free(template) }
    guard mkdtemp(template) != nil else { throw LocalStackError(.folder, "cannot make a folder \(prefix)…: \(systemMessage())") }
    return String(cString: template)
}
