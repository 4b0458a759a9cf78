package import Primitives

/// Which events an endpoint wants: conditions over `type`, `data` and `metadata`, all of which must hold.
///
///     {"data.course.score": {"$gte": 90}, "$or": [{"metadata.region": "eu"}, {"data.user.email": {"$startsWith": "a"}}]}
///
/// A path is `type`, or `data` or `metadata` with the names of members, each after a dot; a name that has a dot itself is reached by a JSON
/// pointer (RFC 6901), such as `/data/a.b`. In an array a whole number is an element. A condition is a value that must be equal, or an object of
/// operators that must all hold. What is not there is equal to nothing, compares with nothing, and `$exists: false`; a null is there.
/// Numbers are compared as they are written, without rounding; strings by their Unicode scalars.
package struct EventFilter: Sendable {
    let root: FilterNode

    /// - Throws: everything that speaks against it.
    package init(_ json: RawJSON) throws(FilterRefusal) {
        var compiler = FilterCompiler()
        let root = compiler.compile(json)
        guard compiler.faults.isEmpty else { throw FilterRefusal(faults: compiler.faults) }
        self.root = root
    }

    package func matches(_ subject: FilterSubject) -> Bool { root.holds(for: subject) }
}

/// What is wrong with a filter.
package struct FilterFault: Sendable, Equatable {
    /// JSON pointer (RFC 6901) into it.
    package var pointer: String
    package var reason: String
}

package struct FilterRefusal: Error {
    package var faults: [FilterFault]
}

/// What keeps the cost of a filter small, whoever wrote it.
package enum FilterLimits {
    /// As the client wrote it.
    package static let mostBytes = 8 * 1024
    /// Of `$and`, `$or` and `$not` inside one another.
    package static let deepest = 8
    /// Of single conditions.
    package static let mostConditions = 64
    /// Of the values of one `$in` or `$nin`, and the filters of one `$and` or `$or`.
    package static let mostElements = 100
    package static let longestPath = 256
    package static let mostSteps = 16
}
