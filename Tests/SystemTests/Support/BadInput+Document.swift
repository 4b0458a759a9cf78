import Foundation

extension BadInput {
    /// What is wrong for every operation of the document that takes JSON: bodies of another kind, and each member with a value of another type.
    static func ofEveryOperation(_ document: Data, _ text: RequestText) -> [BadInput] {
        guard let root = try? JSONSerialization.jsonObject(with: document) as? [String: Any], let paths = root["paths"] as? [String: [String: Any]] else { return [] }
        var found: [BadInput] = []
        for (path, item) in paths.sorted(by: { $0.key < $1.key }) {
            for method in ["post", "put", "patch"] {
                guard let operation = item[method] as? [String: Any], let body = operation["requestBody"] as? [String: Any],
                    let content = body["content"] as? [String: [String: Any]], let schema = content["application/json"]?["schema"] as? [String: Any]
                else { continue }
                let place = filled(path, parameters: item["parameters"] as? [[String: Any]] ?? [])
                found += bodies(method.uppercased(), place, text)
                found += members(method.uppercased(), place, schema, root, text)
            }
        }
        return found
    }

    /// With ids that are in order and of nothing.
    private static func filled(_ path: String, parameters: [[String: Any]]) -> String {
        var filled = path
        for parameter in parameters {
            guard let name = parameter["name"] as? String, let schema = parameter["schema"] as? [String: Any] else { continue }
            let prefix = (schema["pattern"] as? String)?.firstMatch(of: /^\^([a-z]+_)\[0-7\]/).map { String($0.1) }
            let value = prefix.map { $0 + String(repeating: "0", count: 26) } ?? (name == "queue" ? "webhooks" : name == "version" ? "1" : "nothing.here")
            filled = filled.replacingOccurrences(of: "{\(name)}", with: value)
        }
        return filled
    }

    private static func bodies(_ method: String, _ path: String, _ text: RequestText) -> [BadInput] {
        func bad(_ name: String, _ body: [UInt8], type: String = "application/json", status: Int? = nil) -> BadInput {
            BadInput(name: "\(method) \(path): \(name)", bytes: text.bytes(method, path, type: type, body: body), status: status)
        }
        let tooLarge = "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(text.key)\r\nContent-Type: application/json\r\nContent-Length: 20000000\r\n\r\n"
        return [
            bad("an open brace", Array("{".utf8)), bad("a string", Array("\"text\"".utf8)), bad("a number", Array("5".utf8)), bad("null", Array("null".utf8)),
            bad("true", Array("true".utf8)), bad("no UTF-8", Array("{\"a\":\"".utf8) + [0xff, 0xfe] + Array("\"}".utf8)), bad("a NUL", Array("{\"a\":\"".utf8) + [0] + Array("\"}".utf8)),
            bad("a hundred levels", Array((String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).utf8)), bad("text/plain", Array("{}".utf8), type: "text/plain"),
            BadInput(name: "\(method) \(path): 20 MB announced", bytes: Array(tooLarge.utf8)),
        ]
    }

    private static func members(_ method: String, _ path: String, _ schema: [String: Any], _ root: [String: Any], _ text: RequestText) -> [BadInput] {
        let properties = resolved(schema, root)["properties"] as? [String: [String: Any]] ?? [:]
        return properties.sorted { $0.key < $1.key }.compactMap { name, property in
            let property = resolved(property, root)
            let types = (property["type"] as? String).map { [$0] } ?? property["type"] as? [String] ?? []
            // The first value whose type is none of those.
            let values = [("object", #"{"x":1}"#), ("array", "[[]]"), ("boolean", "true")]
            guard !types.isEmpty, let wrong = values.first(where: { !types.contains($0.0) }) else { return nil }
            return BadInput(
                name: "\(method) \(path): \(name) of another type", bytes: text.bytes(method, path, body: Array(#"{"\#(name)":\#(wrong.1)}"#.utf8)), ending: .named)
        }
    }

    private static func resolved(_ schema: [String: Any], _ root: [String: Any]) -> [String: Any] {
        guard let reference = schema["$ref"] as? String else { return schema }
        return reference.split(separator: "/").dropFirst().reduce(root as Any?) { ($0 as? [String: Any])?[String($1)] } as? [String: Any] ?? [:]
    }
}
