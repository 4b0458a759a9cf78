import Glibc
import Synchronization

/// A tiny shell process that outlives us by a moment: when our end of its input closes, whatever ended us, it ends the children it was told of
/// and removes our temporary folders.
///
/// PR_SET_PDEATHSIG would not do: it fires when the *thread* that made the child ends, and threads of a pool do.
package final class ParentGuard: Sendable {
    private static let script = #"""
        children=
        while read -r verb word; do
            case $verb in
            watch) children="$children $word" ;;
            forget)
                rest=
                for child in $children; do [ "${child%:*}" = "$word" ] || rest="$rest $child"; done
                children=$rest ;;
            remove) set -- "$@" "$word" ;;
            esac
        done
        for child in $children; do kill -s "${child#*:}" -- "-${child%:*}"; done 2>/dev/null
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            alive=
            for child in $children; do kill -0 "${child%:*}" && alive=yes; done 2>/dev/null
            [ -n "$alive" ] || break
            sleep 0.1
        done
        for child in $children; do kill -s KILL -- "-${child%:*}"; done 2>/dev/null
        [ $# = 0 ] || rm -rf -- "$@"
        """#
    private static let made = Mutex<ParentGuard?>(nil)

    /// The one guard of this process, made when first needed. Its own end of life is ours.
    static func shared() throws(LocalStackError) -> ParentGuard {
        try made.withLock { (made) throws(LocalStackError) in
            if let made { return made }
            let fresh = try ParentGuard()
            made = fresh
            return fresh
        }
    }

    private let line: Int32

    private init() throws(LocalStackError) {
        let ends = try socketPair()
        defer { close(ends.theirs) }
        var plan = SpawnedProcess.Plan("/bin/sh", ["-c", Self.script, "sh"])
        plan.input = ends.theirs
        do throws(LocalStackError) {
            _ = try SpawnedProcess(plan)
        } catch {
            close(ends.ours)
            throw error
        }
        line = ends.ours
    }

    func watch(_ pid: Int32, signal: Int32) throws(LocalStackError) { try tell("watch \(pid):\(signal)\n") }

    static func forget(_ pid: Int32) { try? made.withLock(\.self)?.tell("forget \(pid)\n") }

    /// The folder goes when we do.
    package static func remove(_ folder: String) throws(LocalStackError) {
        // The guard reads lines; such a name would be an order of its own.
        guard !folder.contains("\n"), folder.hasPrefix("/") else { throw LocalStackError(.folder, "not a folder to remove: \(folder)") }
        try shared().tell("remove \(folder)\n")
    }

    private func tell(_ text: String) throws(LocalStackError) {
        // One send of a short line on a stream socket is never split by another thread's.
        let sent = text.withCString { send(line, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        guard sent == text.utf8.count else { throw LocalStackError(.startFailed, "the guard process is gone: \(systemMessage())") }
    }
}
