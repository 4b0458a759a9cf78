import Foundation
import Identity
import Postgres
import Primitives
import Testing

@Suite struct UserRoutesTests {
    @Test func `a user is made, read, changed and deleted`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post(
                "/api/users", #"{"name":"Zoë Ångström","email":"Zoe@Example.com","externalId":"crm-1","metadata":{"n": 1.50}}"#)
            #expect(made.status == 201, "\(made)")
            let id = try #require(made.text("id"))
            #expect(UserID(id) != nil && made.headers["etag"] == "\"1\"" && made.headers["location"] == "/api/users/\(id)", "\(made)")
            #expect(made.text("role") == "learner" && made.text("externalId") == "crm-1" && made.body.contains(#""metadata":{"n": 1.50}"#), "\(made)")
            let read = try await api.client.get("/api/users/\(id)")
            #expect(read.status == 200 && read.body == made.body && read.headers["etag"] == "\"1\"")
            let changed = try await api.client.send("PATCH", "/api/users/\(id)", body: Data(#"{"name":"Z","externalId":null,"metadata":{"m":true}}"#.utf8))
            #expect(changed.status == 200 && changed.text("name") == "Z" && changed.headers["etag"] == "\"2\"", "\(changed)")
            #expect(changed.value("externalId") is NSNull && changed.body.contains(#""metadata":{"n":1.50,"m":true}"#), "\(changed)")
            #expect(try await api.client.send("DELETE", "/api/users/\(id)").status == 204)
            #expect(try await api.client.get("/api/users/\(id)").isProblem(404, "not_found"))
            #expect(try await api.client.send("DELETE", "/api/users/\(id)").isProblem(404, "not_found"))
        }
    }

    @Test func `everything that is wrong with a user is told in one answer`() async throws {
        try await TestAPI.run { api in
            let long = String(repeating: "x", count: 201)
            let answer = try await api.client.post(
                "/api/users", #"{"name":"\#(long)","email":"a b@c","role":"king","externalId":"a\u0000b","metadata":[],"nmae":1}"#)
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(Set(answer.texts("errors", "pointer")) == ["/name", "/email", "/role", "/externalId", "/metadata", "/nmae"], "\(answer)")
            #expect(try await api.client.post("/api/users", #"{"name":"\ud800","email":"a@b.c"}"#).isProblem(400, "invalid_json"))
            #expect(try await api.client.post("/api/users", #"{"name":"a\u0000","email":"a@b.c"}"#).texts("errors", "pointer") == ["/name"])
            #expect(try await api.client.post("/api/users", "[]").isProblem(422, "validation_failed"))
            #expect(try await api.client.post("/api/users", "{}").texts("errors", "pointer") == ["/name", "/email"])
            let big = #"{"name":"a","email":"a@b.c","metadata":{"a":"\#(String(repeating: "x", count: 17000))"}}"#
            #expect(try await api.client.post("/api/users", big).texts("errors", "pointer") == ["/metadata"])
            #expect(try await api.number("SELECT count(*) FROM users") == 0)
        }
    }

    @Test(arguments: [
        ("john@example.com", true), ("a.b+c@x-y.co", true), ("a@b", true), ("o'neill@example.org", true), ("@b.c", false), ("a@", false),
        ("a@b@c", false), ("a b@c.d", false), ("a@b..c", false), ("a@-b.c", false), ("a@b.c\\n", false), ("a@b c", false), ("é@b.c", false),
        ("<a@b.c>", false), ("a,b@c.d", false), (String(repeating: "a", count: 65) + "@b.c", false),
        ("a@" + String(repeating: "b", count: 64) + ".c", false),
    ])
    func `an e-mail address is what a browser would take`(address: String, isValid: Bool) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/users", #"{"name":"a","email":"\#(address)"}"#)
            #expect(answer.status == (isValid ? 201 : 422), "\(answer)")
        }
    }

    @Test func `an address and an external id belong to one user of a workspace, whatever their case`() async throws {
        try await TestAPI.run { api in
            let first = try await api.client.post("/api/users", #"{"name":"a","email":"A@x.org","externalId":"e"}"#)
            #expect(first.status == 201)
            let taken = try await api.client.post("/api/users", #"{"name":"b","email":"a@X.org"}"#)
            #expect(taken.isProblem(409, "email_taken") && taken.texts("errors", "pointer") == ["/email"], "\(taken)")
            #expect(try await api.client.post("/api/users", #"{"name":"b","email":"b@x.org","externalId":"e"}"#).isProblem(409, "external_id_taken"))
            let second = try await api.client.post("/api/users", #"{"name":"b","email":"b@x.org"}"#)
            let patch = try await api.client.send("PATCH", "/api/users/\(second.text("id") ?? "")", body: Data(#"{"email":"a@x.org"}"#.utf8))
            #expect(patch.isProblem(409, "email_taken"), "\(patch)")
            #expect(try await api.client().post("/api/users", #"{"name":"a","email":"a@x.org","externalId":"e"}"#).status == 201, "another workspace")
            #expect(try await api.number("SELECT count(*) FROM events WHERE type = 'user.created'") == 3)
        }
    }

    @Test func `a change that was meant for another version is refused`() async throws {
        try await TestAPI.run { api in
            let path = "/api/users/" + (try await api.client.post("/api/users", #"{"name":"a","email":"a@x.org"}"#).text("id") ?? "")
            func patch(_ name: String, _ match: String) async throws -> Answer {
                try await api.client.send("PATCH", path, body: Data(#"{"name":"\#(name)"}"#.utf8), headers: ["If-Match": match])
            }
            #expect(try await patch("b", "\"1\"").status == 200)
            let stale = try await patch("c", "\"1\"")
            #expect(stale.isProblem(412, "version_conflict"), "\(stale)")
            #expect(try await patch("c", "W/\"2\"").status == 412, "weak tags never match")
            #expect(try await patch("c", "\"9\", \"2\"").status == 200)
            #expect(try await patch("d", "*").headers["etag"] == "\"4\"")
            #expect(try await api.client.send("DELETE", path, headers: ["If-Match": "\"3\""]).status == 412)
            let known = try await api.client.get(path, headers: ["If-None-Match": "\"3\", \"4\""])
            #expect(known.status == 304 && known.body.isEmpty && known.headers["etag"] == "\"4\"", "\(known)")
            #expect(try await api.client.get(path, headers: ["If-None-Match": "W/\"4\""]).status == 304, "to read, a weak tag is as good")
            #expect(try await api.client.get(path, headers: ["If-None-Match": "\"3\""]).status == 200)
            // Racing writers with one version: one wins.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 { group.addTask { try await patch("r\(number)", "\"4\"").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 412 } == 7, "\(statuses)")
            #expect(try await api.client.send("DELETE", path, headers: ["If-Match": "\"5\""]).status == 204)
        }
    }

    @Test func `a change of nothing is none`() async throws {
        try await TestAPI.run { api in
            let path = "/api/users/" + (try await api.client.post("/api/users", #"{"name":"a","email":"a@x.org"}"#).text("id") ?? "")
            for body in ["{}", #"{"name":"a"}"#, #"{"externalId":null,"role":null}"#] {
                let answer = try await api.client.send("PATCH", path, body: Data(body.utf8))
                #expect(answer.status == 200 && answer.int("version") == 1, "\(answer)")
            }
            #expect(try await api.number("SELECT count(*) FROM events") == 1)
            for (body, pointer) in [(#"{"name":null}"#, "/name"), (#"{"email":"x"}"#, "/email"), (#"{"id":"a"}"#, "/id"), ("[]", "")] {
                let answer = try await api.client.send("PATCH", path, body: Data(body.utf8))
                #expect(answer.isProblem(422, "validation_failed") && answer.texts("errors", "pointer") == [pointer], "\(answer)")
            }
        }
    }

    @Test func `users are found by what they are named, newest first`() async throws {
        try await TestAPI.run { api in
            var ids: [String] = []
            for (name, email, role) in [
                ("José García", "jose@uni.es", "learner"), ("Josephine Baker", "jb@example.com", "developer"), ("Li Wei 李伟", "wei@example.com", "learner"),
                ("O'Neil \\\\ Drop' & Co", "on@example.com", "admin"),
            ] {
                let made = try await api.client.post("/api/users", #"{"name":"\#(name)","email":"\#(email)","role":"\#(role)","externalId":"x-\#(email)"}"#)
                ids.append(try #require(made.text("id"), "\(made)"))
            }
            func found(_ query: String) async throws -> [Int] {
                try await api.client.get("/api/users?" + query).texts("data", "id").compactMap { ids.firstIndex(of: $0) }
            }
            #expect(try await found("") == [3, 2, 1, 0])
            #expect(try await found("q=jose") == [1, 0])
            #expect(try await found("q=JOS%C3%89") == [1, 0])
            #expect(try await found("q=garcia") == [0])
            #expect(try await found("q=jose%20bak") == [1])
            #expect(try await found("q=example") == [3, 2, 1])
            #expect(try await found("q=example&role=developer") == [1])
            #expect(try await found("q=%E6%9D%8E") == [2])
            #expect(try await found("q=neil%27%20%26%20%21co") == [3])
            #expect(try await found("q=!!!") == [])
            #expect(try await found("q=ose") == [], "words are found by how they begin")
            #expect(try await found("email=JB@EXAMPLE.COM") == [1])
            #expect(try await found("externalId=x-wei@example.com") == [2])
            #expect(try await found("role=admin") == [3])
            #expect(try await api.client.get("/api/users?role=x").isProblem(422, "validation_failed"))
            #expect(try await api.client().get("/api/users?q=jose").count("data") == 0)
            let page = try await api.client.get("/api/users?q=example&limit=2")
            let rest = try await api.client.get("/api/users?q=example&limit=2&cursor=\(page.text("nextCursor") ?? "")")
            #expect(page.texts("data", "id") + rest.texts("data", "id") == [ids[3], ids[2], ids[1]])
            _ = try await api.client.send("PATCH", "/api/users/\(ids[0])", body: Data(#"{"name":"Renamed"}"#.utf8))
            #expect(try await found("q=garcia") == [])
            #expect(try await found("q=rena") == [0])
        }
    }

    @Test func `who is no learner is made and changed by who may change the workspace`() async throws {
        try await TestAPI.run { api in
            let admin = try await api.client.post("/api/users", #"{"name":"a","email":"a@x.org","role":"admin"}"#)
            let learner = try await api.client.post("/api/users", #"{"name":"l","email":"l@x.org"}"#)
            let weak = try await api.client(workspace: api.workspace, scopes: [.usersRead, .usersWrite])
            #expect(try await weak.post("/api/users", #"{"name":"b","email":"b@x.org","role":"developer"}"#).isProblem(403, "missing_scope"))
            #expect(try await weak.post("/api/users", #"{"name":"b","email":"b@x.org"}"#).status == 201)
            let admins = "/api/users/\(admin.text("id") ?? "")", learners = "/api/users/\(learner.text("id") ?? "")"
            for body in [#"{"email":"mine@x.org"}"#, #"{"role":"learner"}"#] {
                #expect(try await weak.send("PATCH", admins, body: Data(body.utf8)).isProblem(403, "missing_scope"))
            }
            #expect(try await weak.send("DELETE", admins).isProblem(403, "missing_scope"))
            #expect(try await weak.send("PATCH", learners, body: Data(#"{"role":"admin"}"#.utf8)).isProblem(403, "missing_scope"))
            #expect(try await weak.send("PATCH", learners, body: Data(#"{"name":"n"}"#.utf8)).status == 200)
            #expect(try await api.client.get(admins).text("email") == "a@x.org")
            // A role allows programs what it allows: nobody gives more than they have.
            let half = try await api.client(workspace: api.workspace, scopes: [.usersRead, .usersWrite, .workspaceWrite, .coursesRead])
            let raised = try await half.send("PATCH", learners, body: Data(#"{"role":"admin"}"#.utf8))
            #expect(raised.isProblem(403, "beyond_your_own") && raised.texts("errors", "pointer") == ["/role"], "\(raised)")
            #expect(try await half.post("/api/users", #"{"name":"c","email":"c@x.org","role":"developer"}"#).isProblem(403, "beyond_your_own"))
            #expect(try await half.send("PATCH", admins, body: Data(#"{"role":"learner"}"#.utf8)).status == 200)
        }
    }

    @Test func `a repeated request makes one user and one event`() async throws {
        try await TestAPI.run { api in
            let body = #"{"name":"a","email":"a@x.org"}"#
            let first = try await api.client.post("/api/users", body, headers: ["Idempotency-Key": "k"])
            let second = try await api.client.post("/api/users", body, headers: ["Idempotency-Key": "k"])
            #expect(first.status == 201 && second.status == 201 && second.body == first.body && second.headers["idempotent-replayed"] == "true", "\(second)")
            #expect(second.headers["location"] == first.headers["location"] && second.headers["etag"] == "\"1\"")
            #expect(try await api.number("SELECT count(*) FROM events") == 1)
            #expect(try await api.client.post("/api/users", #"{"name":"b","email":"b@x.org"}"#, headers: ["Idempotency-Key": "k"]).isProblem(422, "idempotency_key_reused"))
        }
    }
}
