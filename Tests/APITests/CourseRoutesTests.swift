import Foundation
import Postgres
import Primitives
import Testing

@Suite struct CourseRoutesTests {
    private struct School {
        let client: Client
        var course = ""
        var user = ""

        init(_ api: TestAPI) async throws {
            client = api.client
            course = try #require(try await client.post("/api/courses", #"{"name":"Introduction to AI"}"#).text("id"))
            user = try #require(try await client.post("/api/users", #"{"name":"John Doe","email":"john@example.com"}"#).text("id"))
        }

        func post(_ what: String, _ more: String = "") async throws -> Answer {
            try await client.post("/api/courses/\(course)/\(what)", #"{"userId":"\#(user)"\#(more)}"#)
        }
    }

    @Test func `a course is made, read, changed and deleted`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/courses", #"{"name":"Go","description":"","metadata":{"a":{"b":1,"c":2}}}"#)
            let path = "/api/courses/\(made.text("id") ?? "")"
            #expect(made.status == 201 && made.headers["location"] == path && made.headers["etag"] == "\"1\"", "\(made)")
            let body = #"{"description":"Concurrency in Go","metadata":{"a":{"b":null,"d":[1]}}}"#
            let changed = try await api.client.send("PATCH", path, body: Data(body.utf8), headers: ["If-Match": "\"1\""])
            #expect(changed.status == 200 && changed.body.contains(#""metadata":{"a":{"c":2,"d":[1]}}"#), "\(changed)")
            #expect(try await api.client.get("/api/courses?q=concurr").texts("data", "id") == [made.text("id")])
            #expect(try await api.client.get(path, headers: ["If-None-Match": "\"2\""]).status == 304)
            #expect(try await api.client.send("DELETE", path, headers: ["If-Match": "\"1\""]).isProblem(412, "version_conflict"))
            #expect(try await api.client.send("DELETE", path).status == 204)
            #expect(try await api.client.get(path).status == 404)
        }
    }

    @Test func `everything that is wrong with a course is told in one answer`() async throws {
        try await TestAPI.run { api in
            let long = String(repeating: "x", count: 5001)
            let answer = try await api.client.post("/api/courses", #"{"name":"","description":"\#(long)","externalId":1,"metadata":[],"titel":"x"}"#)
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(Set(answer.texts("errors", "pointer")) == ["/name", "/description", "/externalId", "/metadata", "/titel"], "\(answer)")
            #expect(try await api.number("SELECT count(*) FROM courses") == 0)
        }
    }

    @Test func `a user is enrolled once`() async throws {
        try await TestAPI.run { api in
            let school = try await School(api)
            let first = try await school.post("enrollments")
            let again = try await school.post("enrollments")
            #expect(first.status == 201 && again.status == 200 && again.body == first.body, "\(again)")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                let user = try #require(try await api.client.post("/api/users", #"{"name":"b","email":"b@x.org"}"#).text("id"))
                for _ in 0..<6 {
                    group.addTask { try await api.client.post("/api/courses/\(school.course)/enrollments", #"{"userId":"\#(user)"}"#).status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(statuses == [200, 200, 200, 200, 200, 201])
            #expect(try await api.client.get("/api/courses/\(school.course)/enrollments").count("data") == 2)
            #expect(try await api.client.get("/api/users/\(school.user)/enrollments").texts("data", "courseId") == [school.course])
            #expect(try await api.client.get("/api/courses/\(school.course)/enrollments?userId=\(school.user)").count("data") == 1)
            let path = "/api/courses/\(school.course)/enrollments/\(first.text("id") ?? "")"
            #expect(try await api.client.send("DELETE", path).status == 204)
            #expect(try await api.client.send("DELETE", path).isProblem(404, "not_found"))
        }
    }

    @Test func `completions and quizzes are recorded, and an enrollment knows of the end`() async throws {
        try await TestAPI.run { api in
            let school = try await School(api)
            _ = try await school.post("enrollments")
            let completion = try await school.post("completions", #","score":95.50,"completedAt":"2024-01-15T10:30:00Z""#)
            #expect(completion.status == 201 && completion.body.contains(#""score":95.5,"#), "\(completion)")
            let quiz = try await school.post("quiz-submissions", #","quizId":"q1","score":8,"maxScore":10,"answers":{"1": "b"}"#)
            #expect(quiz.status == 201 && quiz.body.contains(#""answers":{"1": "b"}"#) && quiz.body.contains(#""score":8,"#), "\(quiz)")
            let enrolled = try await api.client.get("/api/courses/\(school.course)/enrollments")
            #expect(enrolled.text("data.0.completedAt") == completion.text("completedAt"), "\(enrolled)")
            // One that is told late does not move the end back; a later one moves it on.
            for (time, end) in [("2023-01-15T10:30:00Z", completion.text("completedAt")), ("2024-02-01T00:00:00Z", "2024-02-01T00:00:00.000Z")] {
                #expect(try await school.post("completions", #","completedAt":"\#(time)""#).status == 201)
                let now = try await api.client.get("/api/courses/\(school.course)/enrollments")
                #expect(now.text("data.0.completedAt") == end, "\(now)")
            }
            for (list, count) in [("completions", 3), ("quiz-submissions", 1)] {
                #expect(try await api.client.get("/api/courses/\(school.course)/\(list)").count("data") == count)
                #expect(try await api.client.get("/api/users/\(school.user)/\(list)?courseId=\(school.course)").count("data") == count)
            }
        }
    }

    @Test(arguments: [
        ("enrollments", #"{}"#, ["/userId"]), ("enrollments", #"{"userId":"user_1"}"#, ["/userId"]),
        ("completions", #"{"userId":"x","score":101,"completedAt":"now","more":1}"#, ["/more", "/userId", "/score", "/completedAt"]),
        ("completions", #"{"userId":"USER","score":1e400}"#, ["/score"]), ("completions", #"{"userId":"USER","score":"5"}"#, ["/score"]),
        ("quiz-submissions", #"{"userId":"USER"}"#, ["/quizId", "/score"]),
        ("quiz-submissions", #"{"userId":"USER","quizId":"","score":-1,"maxScore":1e7,"answers":5}"#, ["/quizId", "/score", "/maxScore", "/answers"]),
    ])
    func `what is wrong with a record is pointed at`(what: String, body: String, pointers: [String]) async throws {
        try await TestAPI.run { api in
            let school = try await School(api)
            let answer = try await api.client.post("/api/courses/\(school.course)/\(what)", body.replacingOccurrences(of: "USER", with: school.user))
            #expect(answer.isProblem(422, "validation_failed") && answer.texts("errors", "pointer") == pointers, "\(answer)")
        }
    }

    @Test func `a course in which somebody did something is deleted on demand only`() async throws {
        try await TestAPI.run { api in
            let school = try await School(api)
            _ = try await school.post("enrollments")
            _ = try await school.post("completions")
            _ = try await school.post("quiz-submissions", #","quizId":"q","score":1"#)
            let path = "/api/courses/\(school.course)"
            #expect(try await api.client.send("DELETE", path).isProblem(409, "course_in_use"))
            #expect(try await api.client.send("DELETE", path + "?force=false").isProblem(409, "course_in_use"))
            #expect(try await api.client.send("DELETE", path + "?force=yes").isProblem(422, "validation_failed"))
            #expect(try await api.client.get(path + "/completions").count("data") == 1)
            #expect(try await api.client.send("DELETE", path + "?force=true").status == 204)
            #expect(try await api.client.get("/api/users/\(school.user)/completions").count("data") == 0)
            #expect(try await api.number("SELECT (SELECT count(*) FROM enrollments) + (SELECT count(*) FROM quiz_submissions)") == 0)
        }
    }

    @Test func `a deleted user takes along what the user did`() async throws {
        try await TestAPI.run { api in
            let school = try await School(api)
            _ = try await school.post("enrollments")
            _ = try await school.post("completions")
            #expect(try await api.client.send("DELETE", "/api/users/\(school.user)").status == 204)
            #expect(try await api.client.get("/api/courses/\(school.course)/enrollments").count("data") == 0)
            #expect(try await school.post("completions").isProblem(404, "not_found"))
            #expect(try await api.client.get("/api/users/\(school.user)/completions").isProblem(404, "not_found"))
        }
    }

    @Test func `no row can name a thing of another workspace, whatever a statement forgets`() async throws {
        try await TestAPI.run { api in
            let school = try await School(api)
            let other = try await api.client()
            let foreign = try #require(try await other.post("/api/users", #"{"name":"f","email":"f@x.org"}"#).text("id"))
            let answer = try await api.client.post("/api/courses/\(school.course)/enrollments", #"{"userId":"\#(foreign)"}"#)
            let unknown = try await api.client.post("/api/courses/\(school.course)/enrollments", #"{"userId":"\#(UserID(IdentifierSource.system.next(User.self).value))"}"#)
            #expect(answer.isProblem(404, "not_found") && answer.texts("errors", "pointer") == ["/userId"], "\(answer)")
            #expect(answer.text("detail") == unknown.text("detail") && answer.status == unknown.status, "no hint that it is there")
            await #expect(throws: PostgresError.self) {
                try await api.pool.query(
                    """
                    INSERT INTO enrollments (id, workspace_id, course_id, user_id) SELECT gen_random_uuid(), c.workspace_id, c.id, u.id
                    FROM courses c, users u WHERE u.email = 'f@x.org'
                    """)
            }
        }
    }
}
