import Glibc

/// Thousands of deliveries are thousands of sockets: the soft limit of open files is usually 1,024, the hard one far above.
enum DescriptorLimit {
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        // Refused: deliveries above the limit then wait as `local_limit`, with no attempt spent.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
