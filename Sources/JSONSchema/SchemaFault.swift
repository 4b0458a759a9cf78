/// What is wrong with a schema, or with a value that is to fit one.
package struct SchemaFault: Sendable, Equatable {
    /// JSON pointer (RFC 6901) into it.
    package var pointer: String
    package var reason: String
}

/// A schema that cannot be used, with everything that speaks against it.
package struct SchemaRefusal: Error {
    package var faults: [SchemaFault]
}

/// A place in a JSON text.
struct Pointer {
    enum Step {
        case name(ScalarText)
        case index(Int)
    }

    var steps: [Step] = []

    var text: String {
        steps.map { step in
            switch step {
            case .name(let name): "/" + Self.escape(name.description)
            case .index(let index): "/\(index)"
            }
        }.joined()
    }

    static func escape(_ name: String) -> String { name.replacing("~", with: "~0").replacing("/", with: "~1") }
}
