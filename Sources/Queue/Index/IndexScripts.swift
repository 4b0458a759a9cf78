import Redis

/// The scripts of Scripts/, each behind the shared prelude. Their headers say KEYS, ARGV and what they return.
enum IndexScripts {
    static let enqueue = script("enqueue.v1", PackageResources.enqueue_v1_lua)
    static let step = script("step.v1", PackageResources.step_v1_lua)
    static let refilled = script("refilled.v1", PackageResources.refilled_v1_lua)
    static let reassert = script("reassert.v1", PackageResources.reassert_v1_lua)
    static let tend = script("tend.v1", PackageResources.tend_v1_lua)
    static let reset = script("reset.v1", PackageResources.reset_v1_lua)
    static let open = script("open.v1", PackageResources.open_v1_lua)
    static let mark = script("mark.v1", PackageResources.mark_v1_lua)
    static let configure = script("configure.v1", PackageResources.configure_v1_lua)
    static let missing = script("missing.v1", PackageResources.missing_v1_lua)
    static let leave = script("leave.v1", PackageResources.leave_v1_lua)

    private static func script(_ name: String, _ body: [UInt8]) -> RedisScript {
        RedisScript(name: name, source: String(decoding: PackageResources.prelude_lua + body, as: UTF8.self), readsServerIdentity: true)
    }
}
