import EventFilter
import Primitives
import Testing

@Suite struct FilterTests {
    private static let data = ##"{"course":{"id":"c1","score":95,"tags":["ai","intro"],"note":null},"n":9007199254740993,"a.b":{"c/d":true},"e":"\u00e9"}"##

    private func matches(_ filter: String, data: String = data, metadata: String? = #"{"region":"eu"}"#) throws -> Bool {
        try EventFilter(RawJSON(Array(filter.utf8))).matches(
            FilterSubject(
                type: "course.completed", data: try RawJSON(Array(data.utf8)), metadata: try metadata.map { try RawJSON(Array($0.utf8)) }))
    }

    @Test(arguments: [
        ("{}", true), (#"{"type":"course.completed"}"#, true), (#"{"type":{"$ne":"course.completed"}}"#, false),
        (#"{"type":{"$startsWith":"course."}}"#, true), (#"{"data.course.score":{"$gte":95}}"#, true), (#"{"data.course.score":{"$gt":95}}"#, false),
        (#"{"data.course.score":{"$gt":94,"$lt":96}}"#, true), (#"{"data.course.score":{"$lte":94.999}}"#, false),
        (#"{"data.course.score":95.00}"#, true), (#"{"data.course.score":"95"}"#, false), (#"{"data.course.score":{"$gte":"9"}}"#, false),
        (#"{"data.course.id":{"$gt":"c0","$lte":"c1"}}"#, true), (#"{"data.course.id":{"$in":["c0","c1"]}}"#, true),
        (#"{"data.course.id":{"$nin":["c0","c1"]}}"#, false), (#"{"data.course.missing":{"$nin":["x"]}}"#, true),
        (#"{"data.course.missing":{"$ne":1}}"#, true), (#"{"data.course.missing":null}"#, false), (#"{"data.course.note":null}"#, true),
        (#"{"data.course.note":{"$exists":true}}"#, true), (#"{"data.course.missing":{"$exists":false}}"#, true),
        (#"{"data.course.id.deeper":{"$exists":true}}"#, false), (#"{"data.course.tags":["ai","intro"]}"#, true),
        (#"{"data.course.tags":["intro","ai"]}"#, false), (#"{"data.course.tags.1":"intro"}"#, true), (#"{"data.course.tags.01":"intro"}"#, false),
        (#"{"data.course.tags.2":{"$exists":false}}"#, true), (#"{"data.n":9007199254740993}"#, true), (#"{"data.n":9007199254740992}"#, false),
        (#"{"data.n":{"$gt":9007199254740992}}"#, true), (#"{"/data/a.b/c~1d":true}"#, true), (#"{"data.a.b":{"$exists":true}}"#, false),
        (#"{"metadata.region":"eu","type":"course.completed"}"#, true), (#"{"metadata.region":"us"}"#, false),
        (#"{"$or":[{"metadata.region":"us"},{"data.course.id":"c1"}]}"#, true), (#"{"$and":[{"metadata.region":"eu"},{"data.course.id":"c2"}]}"#, false),
        (#"{"$not":{"metadata.region":"us"}}"#, true), (#"{"data.course.score":{"$not":{"$gt":90}}}"#, false),
        (#"{"data.course":{"$eq":{"score":95.0,"id":"c1","note":null,"tags":["ai","intro"]}}}"#, true),
        // Two spellings of one accented letter are two strings.
        (#"{"data.e":"\u00e9"}"#, true), (#"{"data.e":"e\u0301"}"#, false),
    ])
    func `a filter holds or does not`(filter: String, expected: Bool) throws {
        #expect(try matches(filter) == expected)
    }

    @Test func `an event without metadata has none of it`() throws {
        #expect(try !matches(#"{"metadata.region":"eu"}"#, metadata: nil))
        #expect(try matches(#"{"metadata":{"$exists":false}}"#, metadata: nil))
    }

    @Test func `of a member that is there twice the last one counts`() throws {
        #expect(try matches(#"{"data.a":2}"#, data: #"{"a":1,"a":2}"#))
        #expect(try !matches(#"{"data.a":1}"#, data: #"{"a":1,"a":2}"#))
    }

    private func faults(_ filter: String) throws -> [String] {
        do {
            _ = try EventFilter(RawJSON(Array(filter.utf8)))
            return []
        } catch let error as FilterRefusal {
            return error.faults.map(\.pointer)
        }
    }

    @Test(arguments: [
        ("[]", [""]), ("5", [""]), (#"{"course.id":1}"#, ["/course.id"]), (#"{"data..x":1}"#, ["/data..x"]), (#"{"type.x":1}"#, ["/type.x"]),
        (#"{"$nor":[]}"#, ["/$nor"]), (#"{"$or":[]}"#, ["/$or"]), (#"{"$or":{}}"#, ["/$or"]), (#"{"$or":[{"x":1},5]}"#, ["/$or/0/x", "/$or/1"]),
        (#"{"data.x":{"$gt":true}}"#, ["/data.x/$gt"]), (#"{"data.x":{"y":1}}"#, ["/data.x/y"]), (#"{"data.x":{}}"#, ["/data.x"]),
        (#"{"data.x":{"$in":[]}}"#, ["/data.x/$in"]), (#"{"data.x":{"$exists":1}}"#, ["/data.x/$exists"]),
        (#"{"data.x":{"$startsWith":1}}"#, ["/data.x/$startsWith"]), (#"{"data.x":{"$regex":"(a+)+"}}"#, ["/data.x/$regex"]),
        (#"{"data.x":1,"data.x":2}"#, ["/data.x"]), (#"{"/data/~2":1}"#, ["/~1data~1~02"]), (#"{"data.x":{"$not":5}}"#, ["/data.x/$not"]),
    ])
    func `what is wrong with a filter is pointed at`(filter: String, pointers: [String]) throws {
        #expect(try faults(filter) == pointers)
    }

    @Test func `a filter is small: in bytes, levels, conditions and values`() throws {
        #expect(try faults("{\"data.x\":\"\(String(repeating: "x", count: 9000))\"}") == [""])
        func nested(_ levels: Int) -> String { String(repeating: #"{"$not":"#, count: levels) + "{}" + String(repeating: "}", count: levels) }
        #expect(try faults(nested(8)).isEmpty)
        #expect(try faults(nested(9)) == [String(repeating: "/$not", count: 9)])
        func many(_ count: Int) -> String { "{" + (0..<count).map { "\"data.x\($0)\":1" }.joined(separator: ",") + "}" }
        #expect(try faults(many(64)).isEmpty)
        #expect(try faults(many(66)) == ["/data.x64"], "one complaint is enough")
        #expect(try faults("{\"data.x\":{\"$in\":[\((0...100).map(String.init).joined(separator: ","))]}}") == ["/data.x/$in"])
        #expect(try faults("{\"data\(String(repeating: ".a", count: 17))\":1}").count == 1)
    }
}
