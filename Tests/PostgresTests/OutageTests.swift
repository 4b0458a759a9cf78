import LocalStack
import TestSupport
import Testing

@testable import Postgres

/// Each on a server of its own, which it may stop.
@Suite struct OutageTests {
    @Test func `a killed server is unavailable at once, and found again when it is back`() async throws {
        let server = try await TestPostgres.exclusive()
        let configuration = try PostgresConfiguration(url: server.url)
        try await withPool(configuration) { pool in
            // Several connections stand idle when the server dies: none of them may be handed out afterwards.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 { group.addTask { try await pool.query("SELECT pg_sleep(0.1)") } }
                try await group.waitForAll()
            }
            await server.stopImmediately()
            for _ in 0..<3 {
                let start = ContinuousClock.now
                #expect(await failure { try await pool.query("SELECT 1") }?.code == .unavailable)
                #expect(.now - start < .seconds(2))
            }
            let crowd = await withTaskGroup(of: PostgresError.Code?.self) { group in
                for _ in 0..<100 { group.addTask { await failure { try await pool.query("SELECT 1") }?.code } }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(crowd == [.unavailable])
            try await server.restart()
            for _ in 0..<20 { #expect(try await pool.query("SELECT 1").count == 1) }

            // Idle connections that died while nobody looked cost no caller an error either.
            try await server.restart()
            for _ in 0..<20 { #expect(try await pool.query("SELECT 1").count == 1) }
        }
        await server.close()
    }

    @Test func `a statement that was under way has an unknown outcome, one in a transaction has not`() async throws {
        let server = try await TestPostgres.exclusive()
        try await withPool(try PostgresConfiguration(url: server.url)) { pool in
            async let alone = failure { try await pool.query("SELECT pg_sleep(60)") }
            async let within = failure { try await pool.withTransaction { _ = try await $0.query("SELECT pg_sleep(60)") } }
            async let script = failure { try await pool.withConnection { try await $0.execute(script: "BEGIN; SELECT pg_sleep(60); COMMIT") } }
            try await eventually("all three run") {
                try await server.psql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'") == "3"
            }
            await server.kill()
            let (lost, rolledBack, halfway) = await (alone, within, script)
            #expect(lost?.code == .unavailable)
            #expect(lost?.outcomeUnknown == true)
            #expect(rolledBack?.code == .unavailable)
            #expect(rolledBack?.outcomeUnknown == false)
            #expect(halfway?.outcomeUnknown == true)
        }
        await server.close()
    }

    @Test func `a server that does not answer is given up in time`() async throws {
        let server = try await TestPostgres.exclusive()
        var configuration = try PostgresConfiguration(url: server.url)
        configuration.connectTimeout = .milliseconds(300)
        server.pause()
        try await withPool(configuration) { pool in
            let start = ContinuousClock.now
            #expect(await failure { try await pool.query("SELECT 1") }?.code == .unavailable)
            #expect(.now - start < .seconds(3))
            server.resume()
            try await eventually("it answers again") { await failure { try await pool.query("SELECT 1") } == nil }
        }
        await server.close()
    }

    @Test func `when the server takes no more connections callers share the ones there are`() async throws {
        let name = namespace()
        let server = try await TestPostgres.shared()
        _ = try await server.psql("CREATE ROLE \(name) LOGIN CONNECTION LIMIT 2")
        let url = server.url(database: "voicera").replacing("voicera@", with: "\(name)@")
        try await withPool(try PostgresConfiguration(url: url)) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { try await pool.query("SELECT pg_sleep(0.3)") } }
                try await eventually("two are at work") { pool.lentCount == 2 }
                for _ in 0..<30 { group.addTask { try await pool.query("SELECT 1") } }
                try await group.waitForAll()
            }
        }
    }
}
