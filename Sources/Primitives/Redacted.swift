/// A secret that prints as `[redacted]` wherever a value could slip into a log, an error or a dump.
package struct Redacted<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself; the word at the call site says that it is taken out on purpose.
    package let exposed: Value

    package init(_ value: Value) { exposed = value }

    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(reflecting: "[redacted]") }
}

extension Redacted: Equatable where Value: Equatable {}
