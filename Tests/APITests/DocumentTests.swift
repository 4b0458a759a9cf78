import Foundation
import TestSupport
import Testing

@Suite struct DocumentTests {
    @Test func `the document has every route that answers, and no other`() async throws {
        try await TestAPI.run { api in
            let document = try await api.client.with(key: nil).get("/api/openapi.json")
            let paths = try #require(document.value("paths") as? [String: [String: Any]])
            #expect(paths.count > 40)
            let methods = ["get", "post", "put", "patch", "delete"]
            for (path, item) in paths {
                let documented = methods.filter { item[$0] != nil }
                #expect(!documented.isEmpty, "\(path)")
                // What answers is asked of the router itself, by a method that no route has.
                let allowed = try await api.client.send("TRACE", path.replacing("{", with: "").replacing("}", with: "")).headers["allow"] ?? ""
                let served = allowed.lowercased().split(separator: ", ").map(String.init).filter { methods.contains($0) }
                #expect(Set(served) == Set(documented), "\(path): \(allowed)")
            }
        }
    }

    @Test func `every operation has a name of its own, an example, its problems, and a schema for each word of its path`() async throws {
        try await TestAPI.run { api in
            let document = try await api.client.get("/api/openapi.json")
            let paths = try #require(document.value("paths") as? [String: [String: Any]])
            var names: Set<String> = []
            for (path, item) in paths {
                let words = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
                let parameters = item["parameters"] as? [[String: Any]] ?? []
                #expect(parameters.compactMap { $0["name"] as? String } == words, "\(path)")
                for parameter in parameters {
                    let schema = parameter["schema"] as? [String: Any] ?? [:]
                    #expect(schema["pattern"] != nil || schema["$ref"] != nil || schema["type"] as? String == "integer", "\(path) \(schema)")
                }
                for case let (method, operation as [String: Any]) in item where method != "parameters" {
                    let name = operation["operationId"] as? String ?? ""
                    #expect(names.insert(name).inserted && !name.isEmpty, "\(method) \(path) \(name)")
                    #expect((operation["summary"] as? String)?.isEmpty == false, "\(name)")
                    let responses = operation["responses"] as? [String: [String: Any]] ?? [:]
                    #expect(responses.keys.contains { $0.hasPrefix("2") || $0.hasPrefix("3") } && responses["500"] != nil, "\(name)")
                    // Of OAuth's own endpoints, which have ways and words of their own.
                    let security = operation["security"] as? [[String: Any]] ?? []
                    let isOpen = !security.contains { $0["bearer"] != nil }
                    #expect(isOpen || (responses["401"] != nil && responses["403"] != nil), "\(name)")
                }
            }
        }
    }

    @Test func `the document is sent once to who keeps it`() async throws {
        try await TestAPI.run { api in
            let first = try await api.client.get("/api/openapi.json")
            let tag = try #require(first.headers["etag"])
            let again = try await api.client.get("/api/openapi.json", headers: ["If-None-Match": tag])
            #expect(again.status == 304 && again.body.isEmpty, "\(again.status)")
        }
    }
}
