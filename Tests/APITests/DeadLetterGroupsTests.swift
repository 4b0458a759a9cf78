import Postgres
import TestSupport
import Testing

@Suite struct DeadLetterGroupsTests {
    @Test func `groups say how many, since when, of what, and link to the letters of each`() async throws {
        try await TestAPI.run { api in
            var ids: [String] = []
            for index in 0..<5 {
                ids.append(try await api.makeJob(#"{"kind":"noop","payload":{},"lane":"\#(index < 3 ? "one" : "t/wo")"}"#))
                try await api.bury(ids[index], errorClass: index == 4 ? "http status" : "timeout")
            }
            let groups = try await api.client.get("/api/dead-letters?groupBy=fingerprint")
            #expect(groups.count("data") == 2 && groups.int("data.0.count") == 4 && groups.int("data.1.count") == 1, "\(groups)")
            #expect(groups.text("data.0.kind") == "noop" && groups.text("data.0.errorClass") == "timeout")
            #expect(groups.text("data.0.sample.jobId") == ids[3] && groups.text("data.0.sample.errorMessage") == "it did not work")
            #expect(groups.text("data.0.oldestAt") ?? "" <= groups.text("data.0.newestAt") ?? "")
            for (grouping, counts) in [("fingerprint", [4, 1]), ("kind", [5]), ("errorClass", [4, 1]), ("lane", [3, 2]), ("queue", [5])] {
                let groups = try await api.client.get("/api/dead-letters?groupBy=\(grouping)")
                for (index, count) in counts.enumerated() {
                    #expect(groups.int("data.\(index).count") == count, "\(grouping): \(groups)")
                    let link = try #require(groups.text("data.\(index).links.deadLetters"))
                    #expect(try await api.client.get(link).count("data") == count, "\(link)")
                }
            }
            let lane = try await api.client.get("/api/dead-letters?groupBy=errorClass&lane=one")
            #expect(lane.int("data.0.count") == 3 && lane.count("data") == 1)
            #expect(lane.text("data.0.links.deadLetters")?.contains("lane=one") == true, "the list's own filter stays: \(lane)")
            let page = try await api.client.get("/api/dead-letters?groupBy=errorClass&limit=1")
            let next = try #require(page.text("nextCursor"))
            #expect(try await api.client.get("/api/dead-letters?groupBy=errorClass&limit=1&cursor=\(next)").text("data.0.key") == "http status")
            #expect(try await api.client.get("/api/dead-letters?groupBy=mood").isProblem(422, "validation_failed"))
            #expect(try await api.client().get("/api/dead-letters?groupBy=kind").count("data") == 0)
        }
    }

    @Test func `letters are found by fingerprint, by the time they died, and an endpoint's by its id`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            try await api.bury(id)
            let letter = try await api.client.get("/api/dead-letters/\(id)")
            let fingerprint = try #require(letter.text("fingerprint"))
            let died = try #require(letter.text("settledAt"))
            #expect(try await api.client.get("/api/dead-letters?fingerprint=\(fingerprint)").texts("data", "id") == [id])
            #expect(try await api.client.get("/api/dead-letters?fingerprint=f1_0000000000000000").count("data") == 0)
            #expect(try await api.client.get("/api/dead-letters?diedAfter=\(died)").count("data") == 1)
            #expect(try await api.client.get("/api/dead-letters?diedBefore=\(died)").count("data") == 0)
            let endpoint = "whk_01jd0q2v7wk5x8y9zabcdefghj"
            #expect(try await api.client.get("/api/dead-letters?webhookId=\(endpoint)").count("data") == 0)
            _ = try await api.pool.query("UPDATE jobs SET lane = $1", [.text(endpoint)])
            #expect(try await api.client.get("/api/dead-letters?webhookId=\(endpoint)").texts("data", "id") == [id])
            #expect(try await api.client.get("/api/dead-letters?webhookId=\(endpoint)&lane=x").count("data") == 0)
            #expect(try await api.client.get("/api/dead-letters?webhookId=x").isProblem(422, "validation_failed"))
            let dry = try await api.client.post(
                "/api/dead-letters/replay", #"{"filter":{"webhookId":"\#(endpoint)","fingerprint":"\#(fingerprint)"},"dryRun":true}"#)
            #expect(dry.int("replayed") == 1 && dry.int("total") == 1 && dry.bool("background") == false, "\(dry)")
        }
    }
}
