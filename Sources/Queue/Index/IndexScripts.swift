import Redis

/// The scripts of Scripts/, each behind the shared prelude. Their headers say KEYS, ARGV and what they return.
enum IndexScripts {
    static let enqueue = script("enqueue.v2", PackageResources.enqueue_v2_lua)
    static let step = script("step.v2", PackageResources.step_v2_lua)
    static let refilled = script("refilled.v2", PackageResources.refilled_v2_lua)
    static let reassert = script("reassert.v2", PackageResources.reassert_v2_lua)
    static let tend = script("tend.v2", PackageResources.tend_v2_lua)
    static let reset = script("reset.v2", PackageResources.reset_v2_lua)
    static let open = script("open.v2", PackageResources.open_v2_lua)
    static let mark = script("mark.v2", PackageResources.mark_v2_lua)
    static let configure = script("configure.v2", PackageResources.configure_v2_lua)
    static let missing = script("missing.v2", PackageResources.missing_v2_lua)
    static let tune = script("tune.v2", PackageResources.tune_v2_lua)
    static let cancel = script("cancel.v2", PackageResources.cancel_v2_lua)
    static let clear = script("clear.v2", PackageResources.clear_v2_lua)
    static let look = script("look.v2", PackageResources.look_v2_lua)
    static let leave = script("leave.v2", PackageResources.leave_v2_lua)

    private static func script(_ name: String, _ body: [UInt8]) -> RedisScript {
        RedisScript(name: name, source: String(decoding: PackageResources.prelude_lua + body, as: UTF8.self), readsServerIdentity: true)
    }
}
