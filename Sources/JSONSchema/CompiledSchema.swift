package import Primitives

/// A JSON Schema (2020-12), read once and checked often.
///
/// Every keyword is either enforced or refused when the schema is read; none is silently ignored. `format` asserts for `date-time` alone. References
/// stay inside the document. Numbers are compared exactly, in decimal.
package struct CompiledSchema: Sendable {
    /// Of a schema's text, in bytes.
    package static let longest = 64 << 10
    /// Faults that are named at most.
    static let mostFaults = 50

    let nodes: [SchemaNode]

    package init(_ json: RawJSON) throws(SchemaRefusal) {
        guard json.byteCount <= Self.longest else {
            throw SchemaRefusal(faults: [SchemaFault(pointer: "", reason: "must not be longer than \(Self.longest / 1024) KiB")])
        }
        var compiler = SchemaCompiler()
        compiler.compile(json)
        if !compiler.faults.isEmpty { throw SchemaRefusal(faults: Array(compiler.faults.prefix(Self.mostFaults))) }
        nodes = compiler.nodes
    }

    /// What keeps a value from fitting; empty when it fits. A value that takes too much work to check does not.
    package func faults(in json: RawJSON) -> [SchemaFault] {
        var evaluation = Evaluation(nodes: nodes)
        return evaluation.run(on: Instance(json))
    }
}
