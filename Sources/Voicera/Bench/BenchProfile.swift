import Queue
import Worker

/// A set of numbers to measure with.
struct BenchProfile: Sendable {
    var name: String
    var slots: [String: Int]
    var window: Int
    var commits: Int

    var isDefault: Bool { name == "default" }

    /// What `voicera worker` uses when nothing is said.
    static let standard = BenchProfile(
        name: "default", slots: ["webhooks": 512, "default": WorkerProcess.Settings().others], window: IndexTuning().window, commits: 2)

    /// The standard one, and what suits a machine that does nothing else.
    static let all = [
        standard, BenchProfile(name: "tuned", slots: ["webhooks": 1024, "default": 1000], window: 4000, commits: 3),
    ]
}
