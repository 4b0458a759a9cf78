/// When an endpoint is given a rest, warned of, and disabled.
package struct HealthPolicy: Sendable, Equatable {
    /// An endpoint is disabled when its attempts have failed for so long, without a success in between.
    package var disableAfter = Duration.seconds(5 * 86_400)
    /// And at least so many of them: one event that is tried ten times in three days, and then silence, says little.
    package var disableAttempts: Int32 = 10
    /// Parts of `disableAfter`, in percent, at which the workspace is warned; rising.
    package var warnings: [Int16] = [50, 70, 90]
    /// Before a certificate expires.
    package var certificateNotice = Duration.seconds(14 * 86_400)
    package var circuit = Circuit.Policy()

    package init() {}
}
