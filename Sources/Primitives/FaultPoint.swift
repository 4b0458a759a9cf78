#if canImport(Glibc)
    import Glibc
#endif

/// Named places where a system test makes the process die as by `kill -9`. Inert unless VOICERA_FAULT_POINT names the place.
package enum FaultPoint {
    private static let armed: String? = getenv("VOICERA_FAULT_POINT").map { String(cString: $0) }

    package static func reach(_ name: String) {
        guard let armed, armed == name else { return }
        kill(getpid(), SIGKILL)
    }
}
