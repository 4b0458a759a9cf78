import Glibc
import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct Schedules {
        /// Every second, with the leader killed while it fires: before its commit nothing of it is there, after it all of it.
        @Test(arguments: ["before-firing", "after-firing"])
        func `a leader killed at the moment of firing fires each occurrence once`(place: String) async throws {
            try await Fleet.run(.with(startsScheduler: false, workers: 1)) { fleet in
                let doomed = try fleet.startScheduler(["VOICERA_FAULT_POINT": place])
                try await doomed.waitForLine(containing: "leading")
                for _ in 0..<2 { try fleet.startScheduler() }
                let made = try await fleet.client.post(
                    "/api/schedules", #"{"name":"tick","cron":"* * * * * *","kind":"noop","payload":{}}"#)
                let id = try #require(made.text("id"), "\(made)")
                #expect(try await doomed.wait() == .killed(by: SIGKILL))
                let killed = ContinuousClock.now
                try await eventually("another leads and catches up", within: .seconds(30)) {
                    try await fleet.number("SELECT count(*) FROM schedule_occurrences") >= 10
                }
                note("leader killed \(place): ten occurrences after \(ContinuousClock.now - killed)")
                #expect(try await fleet.command("schedules", "pause", "tick", "--reason", "enough").first?.contains("paused: enough") == true)

                let count = try await fleet.number("SELECT count(*) FROM schedule_occurrences WHERE outcome = 'fired'")
                let seconds = try await fleet.number(
                    "SELECT (extract(epoch FROM max(at) - min(at)) + 1)::int8 FROM schedule_occurrences")
                #expect(count == seconds, "one occurrence for each second, without a gap")
                #expect(try await fleet.number("SELECT count(*) FROM jobs") == count, "and one job each")
                #expect(try await fleet.number("SELECT count(DISTINCT job_id) FROM schedule_occurrences o JOIN jobs j ON j.id = o.job_id") == count)
                try await fleet.awaitAllSucceeded(Int(count))
                let late = try await fleet.number(
                    """
                    SELECT (percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - at) * 1000))::int8 FROM schedule_occurrences
                    """)
                note("half of the occurrences were fired within \(late) ms of their time")
                #expect(try await fleet.client.get("/api/schedules/\(id)").text("status") == "paused")
                try await fleet.expectBalance()
            }
        }

        @Test func `the command line makes, lists, shows, runs, resumes, changes and deletes a schedule`() async throws {
            try await Fleet.run(.with(workers: 1)) { fleet in
                let made = try await fleet.command(
                    "schedules", "create", "--name", "nightly", "--cron", "30 2 * * *", "--time-zone", "Europe/Berlin", "--kind", "noop",
                    "--overlap", "queue_one", "--catch-up", "latest")
                #expect(made.first?.contains("nightly  '30 2 * * *' Europe/Berlin  noop  next 2") == true, "\(made)")
                let id = try #require(made.first?.split(separator: " ").first.map(String.init))
                #expect(try await fleet.command("schedules", "list") == made)
                let job = try #require(try await fleet.command("schedules", "run", id).first)
                #expect(job.hasPrefix("job_"))
                try await fleet.awaitAllSucceeded(1)
                let shown = try await fleet.command("schedules", "show", "nightly")
                #expect(shown.count { $0.hasPrefix("next ") } == 5 && shown.contains { $0.contains("fired by hand  \(job)") }, "\(shown)")
                _ = try await fleet.command("schedules", "pause", "nightly")
                #expect(try await fleet.command("schedules", "resume", "nightly") == made)
                let changed = try await fleet.command("schedules", "change", "nightly", "--name", "weekly", "--cron", "@weekly", "--catch-up", "all")
                #expect(changed.first?.contains("weekly  '@weekly' Europe/Berlin  noop  next 2") == true, "\(changed)")
                let after = try await fleet.command("schedules", "show", "weekly")
                #expect(after.contains("policy   catch-up all (100)  overlap queue_one"), "what is not named is kept: \(after)")
                await #expect(throws: NeverHappened.self) { try await fleet.command("schedules", "change", "weekly", "--cron", "0 0 30 2 *") }
                #expect(try await fleet.command("schedules", "list") == changed, "a refused change changes nothing")
                #expect(try await fleet.command("schedules", "delete", "weekly") == ["deleted"])
                #expect(try await fleet.command("schedules", "list") == ["none"])
                await #expect(throws: NeverHappened.self) {
                    try await fleet.command("schedules", "create", "--name", "x", "--cron", "0 0 30 2 *", "--kind", "noop")
                }
                try await fleet.expectBalance()
            }
        }
    }
}
