import ArgumentParser
import Ledger

/// Limits of a lane, or of the lanes of a queue.
struct LaneLimitOptions: ParsableArguments {
    @Option(help: "Jobs in a time: 100/1 is 100 a second, 60/60 is 60 a minute, 0 is no rate.") var rate: String?
    @Option(help: "Jobs that may start together when the lane has been idle.") var burst: Int32?
    @Option(help: "Jobs at once of a lane, 0 for no limit.") var laneConcurrency: Int32?
    @Option(help: "true: one after another in order, retries included.") var strict: Bool?

    func limits() throws -> LaneLimits {
        if let burst, burst < 1 { throw ValidationError("the burst is at least 1") }
        if let laneConcurrency, laneConcurrency < 0 { throw ValidationError("the lane concurrency is at least 0") }
        return LaneLimits(interval: try interval(), burst: burst, concurrency: laneConcurrency, isStrict: strict)
    }

    private func interval() throws -> Int64? {
        guard let rate else { return nil }
        if rate == "0" { return 0 }
        let sides = rate.split(separator: "/").map { Int64($0) }
        guard (1...2).contains(sides.count), let jobs = sides[0], let seconds = sides.count == 2 ? sides[1] : 1, (1...1_000_000).contains(jobs),
            (1...86_400).contains(seconds)
        else { throw ValidationError("--rate \(rate) is not JOBS/SECONDS") }
        return max(1, seconds * 1_000_000 / jobs)
    }
}
