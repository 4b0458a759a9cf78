import FoundationEssentials
import Glibc
import LocalStack
import TestSupport
import Testing

@Suite struct PostgresServerTests {
    @Test func `fresh databases know nothing of each other`() async throws {
        let first = try await TestPostgres.freshDatabase()
        let second = try await TestPostgres.freshDatabase()
        #expect(first != second)
        _ = try await TestPostgres.psql(first, "CREATE TABLE here (n int)")
        #expect(try await TestPostgres.psql(first, "SELECT count(*) FROM here") == "0")
        await #expect(throws: LocalStackError.self) { try await TestPostgres.psql(second, "SELECT count(*) FROM here") }
    }

    @Test func `a fresh database can be a copy of another`() async throws {
        let model = namespace()
        let shared = try await TestPostgres.shared()
        _ = try await shared.psql("CREATE DATABASE \(model)", database: "postgres")
        _ = try await shared.psql("CREATE TABLE pattern AS SELECT 7 AS n", database: model)
        let copy = try await TestPostgres.freshDatabase(template: model)
        #expect(try await TestPostgres.psql(copy, "SELECT n FROM pattern") == "7")
    }

    @Test func `text is UTF-8, ordered by bytes, and no port is open`() async throws {
        let shared = try await TestPostgres.shared()
        #expect(try await shared.psql("SHOW server_encoding") == "UTF8")
        #expect(try await shared.psql("SHOW lc_collate") == "C")
        #expect(try await shared.psql("SHOW listen_addresses") == "")
        #expect(try await shared.psql("SELECT current_user") == "voicera")
    }

    @Test func `what was committed is there after each kind of end`() async throws {
        let folder = try TemporaryDirectory()
        let postgres = try await PostgresServer.start(in: folder.path, options: .init(lifetime: .boundToParent, isDurable: true))
        #expect(try await postgres.psql("SHOW fsync") == "on")
        _ = try await postgres.psql("CREATE TABLE endings (name text)")
        let endings: [(String, (PostgresServer) async -> Void)] = [
            ("stop", { await $0.stop() }), ("immediate", { await $0.stopImmediately() }), ("kill", { await $0.kill() }),
        ]
        let url = postgres.url
        for (name, end) in endings {
            _ = try await postgres.psql("INSERT INTO endings VALUES ('\(name)')")
            let pid = postgres.pid
            await end(postgres)
            #expect(!isAlive(pid))
            try await postgres.restart()
        }
        #expect(try await postgres.psql("SELECT string_agg(name, ' ' ORDER BY name) FROM endings") == "immediate kill stop")
        #expect(postgres.url == url)
        await postgres.close()
    }

    @Test func `a kill waits for the backends too`() async throws {
        let postgres = try await TestPostgres.exclusive()
        let pids = try await postgres.psql("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        let backends = pids.split(separator: "\n").compactMap { Int32($0) }
        #expect(backends.count > 2)
        await postgres.kill()
        #expect(backends.allSatisfy { !isAlive($0) })
        await postgres.close()
    }

    @Test func `a start that fails says what the server said`() async throws {
        let folder = try TemporaryDirectory()
        let options = PostgresServer.Options(lifetime: .boundToParent, isDurable: false, settings: ["no_such_setting": "1"])
        let error = await #expect(throws: LocalStackError.self) { try await PostgresServer.start(in: folder.path, options: options) }
        #expect(error?.code == .startFailed)
        #expect(error?.description.contains("no_such_setting") == true)
    }

    @Test func `a deep folder gets a short socket elsewhere`() async throws {
        let folder = try TemporaryDirectory()
        let postgres = try await PostgresServer.start(in: folder.path + "/" + String(repeating: "a b/", count: 40) + "end", options: .forTests)
        #expect(try await postgres.psql("SELECT 1") == "1")
        #expect(!postgres.url.contains("a%20b"))
        await postgres.close()
    }

    @Test(.enabled(if: geteuid() == 0, "only root hands PostgreSQL to another user"))
    func `a folder that its user cannot reach is replaced by one that it can, and the notes say so`() async throws {
        let folder = try TemporaryDirectory()
        chmod(folder.path, 0o700)
        let postgres = try await PostgresServer.start(in: folder.path + "/postgres", options: .forTests)
        #expect(try await postgres.psql("SELECT 1") == "1")
        #expect(postgres.notes.contains { $0.contains("its data is in /tmp/voicera-") })
        await postgres.close()
    }

    @Test(.enabled(if: geteuid() == 0, "only root hands PostgreSQL to another user"))
    func `a replaced folder is found again by the next start`() async throws {
        let folder = try TemporaryDirectory()
        chmod(folder.path, 0o700)
        var postgres = try await PostgresServer.start(in: folder.path + "/postgres")
        let words = postgres.notes.flatMap { $0.split(separator: " ") }
        let place = try #require(words.first { $0.hasPrefix("/var/lib/voicera/") }).dropLast()
        defer { try? FileManager.default.removeItem(atPath: String(place)) }
        _ = try await postgres.psql("CREATE TABLE found_again ()")
        await postgres.close()
        postgres = try await PostgresServer.start(in: folder.path + "/postgres")
        #expect(try await postgres.psql("SELECT to_regclass('found_again')") == "found_again")
        await postgres.close()
    }
}
