import Primitives
import TestSupport
import Testing

@Suite struct DeadLetterRoutesTests {
    @Test func `a dead letter is shown with its last error and its attempts`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            #expect(try await api.client.get("/api/dead-letters/\(id)").isProblem(404, "not_found"))
            try await api.bury(id, errorClass: "timeout")
            let letter = try await api.client.get("/api/dead-letters/\(id)")
            #expect(letter.text("errorClass") == "timeout" && letter.text("errorMessage") == "it did not work", "\(letter)")
            #expect(letter.count("attempts") == 1 && letter.int("attempts.0.httpStatus") == 500)
            #expect(try await api.client.get("/api/dead-letters?errorClass=timeout&kind=noop&queue=default").texts("data", "id") == [id])
            #expect(try await api.client.get("/api/dead-letters?errorClass=other").count("data") == 0)
            let other = try await api.client()
            #expect(try await other.get("/api/dead-letters").count("data") == 0)
            #expect(try await other.get("/api/dead-letters/\(id)").status == 404)
        }
    }

    @Test func `a replayed letter waits again on its next attempt, and the books balance`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            try await api.bury(id)
            let answer = try await api.client.post("/api/dead-letters/replay", #"{"ids":["\#(id)"]}"#)
            #expect(answer.status == 200 && answer.int("replayed") == 1, "\(answer)")
            #expect(answer.text("results.0.result") == "replayed")
            let job = try await api.client.get("/api/jobs/\(id)")
            #expect(job.text("status") == "pending" && job.int("attempt") == 2 && job.int("failures") == 0, "\(job)")
            #expect(job.value("settledAt") is String == false)
            #expect(try await api.booksDiffer() == [])
            #expect(try await api.number("SELECT count(*) FROM operator_actions WHERE action = 'dead_letters.replay' AND actor LIKE 'key_%'") == 1)
            #expect(try await api.client.get("/api/logs?type=replay").texts("data", "jobId") == [id])
            try await api.bury(id, attempt: 2)
            #expect(try await api.client.get("/api/dead-letters/\(id)").count("attempts") == 2)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a discarded letter is cancelled for good, and the books balance`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            try await api.bury(id)
            let answer = try await api.client.post("/api/dead-letters/discard", #"{"ids":["\#(id)"]}"#)
            #expect(answer.int("discarded") == 1, "\(answer)")
            #expect(try await api.client.get("/api/jobs/\(id)").text("status") == "cancelled")
            let again = try await api.client.post("/api/dead-letters/replay", #"{"ids":["\#(id)"]}"#)
            #expect(again.int("replayed") == 0 && again.text("results.0.result") == "not_dead", "\(again)")
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `each id is answered for, in order`() async throws {
        try await TestAPI.run { api in
            let dead = try await api.makeJob()
            try await api.bury(dead)
            let alive = try await api.makeJob()
            let unknown = IdentifierSource.system.next(JobRow.self)
            let stranger = try await api.client().post("/api/jobs", #"{"kind":"noop","payload":{}}"#).text("jobId") ?? ""
            try await api.bury(stranger)
            let answer = try await api.client.post(
                "/api/dead-letters/replay", #"{"ids":["\#(alive)","\#(dead)","\#(unknown)","\#(stranger)","\#(dead)"]}"#)
            #expect(answer.texts("results", "result") == ["not_dead", "replayed", "not_found", "not_found"], "\(answer)")
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a replay that meets a unique key is told, and takes nobody along`() async throws {
        try await TestAPI.run { api in
            let unique = #"{"kind":"noop","payload":{},"uniqueKey":"u"}"#
            var dead: [String] = []
            for _ in 0..<2 {
                dead.append(try await api.makeJob(unique))
                try await api.bury(dead[dead.count - 1])
            }
            let plain = try await api.makeJob()
            try await api.bury(plain)
            let all = #"{"ids":["\#(dead[0])","\#(dead[1])","\#(plain)"]}"#
            let dry = try await api.client.post("/api/dead-letters/replay", all.replacing("]}", with: #"],"dryRun":true}"#))
            #expect(dry.texts("results", "result") == ["replayed", "unique_key_taken", "replayed"], "\(dry)")
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE state = 'dead'") == 3)
            let pending = try await api.makeJob(unique)
            let answer = try await api.client.post("/api/dead-letters/replay", all)
            #expect(answer.texts("results", "result") == ["unique_key_taken", "unique_key_taken", "replayed"], "\(answer)")
            try await api.bury(pending)
            #expect(try await api.client.post("/api/dead-letters/replay", #"{"filter":{"kind":"noop"}}"#).int("replayed") == 1)
            #expect(try await api.client.get("/api/jobs/\(dead[0])").text("status") == "pending")
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a filter takes the oldest up to its limit, and a dry run none`() async throws {
        try await TestAPI.run { api in
            var dead: [String] = []
            for index in 0..<5 {
                dead.append(try await api.makeJob())
                try await api.bury(dead[index], errorClass: index == 4 ? "other" : "timeout")
            }
            let dry = try await api.client.post("/api/dead-letters/discard", #"{"filter":{"errorClass":"timeout"},"dryRun":true}"#)
            #expect(dry.int("discarded") == 4 && dry.bool("dryRun") == true && dry.bool("limitReached") == false, "\(dry)")
            #expect(try await api.client.get("/api/dead-letters").count("data") == 5)
            let some = try await api.client.post("/api/dead-letters/discard", #"{"filter":{"errorClass":"timeout"},"limit":3}"#)
            #expect(some.texts("results", "id") == Array(dead[..<3]) && some.bool("limitReached") == true, "\(some)")
            #expect(try await api.client.get("/api/dead-letters").texts("data", "id") == [dead[4], dead[3]])
            #expect(try await api.client().post("/api/dead-letters/discard", #"{"filter":{}}"#).int("discarded") == 0)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test(arguments: [
        "{}", #"{"ids":[]}"#, #"{"ids":["x"]}"#, #"{"ids":["job_00000000000000000000000000"],"filter":{}}"#, #"{"filter":{"kin":"noop"}}"#,
        #"{"filter":[]}"#,
        #"{"filter":{},"limit":0}"#, #"{"filter":{},"dryrun":true}"#, #"{"filter":{},"dryRun":"yes"}"#, #"{"filter":{"kind":5}}"#,
    ])
    func `an order that is not clear is refused`(body: String) async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            try await api.bury(id)
            for path in ["/api/dead-letters/replay", "/api/dead-letters/discard"] {
                let answer = try await api.client.post(path, body)
                #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            }
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE state = 'dead'") == 1)
        }
    }
}
