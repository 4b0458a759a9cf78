import Postgres

/// Which dead letters; what is nil lets every one pass.
package struct DeadLetterFilter: Sendable, Equatable {
    package var kind: String?
    package var queue: String?
    /// Any of these stored names.
    package var lanes: [String]?
    package var errorClass: String?
    package var fingerprint: String?
    /// Microseconds since 1970: from this time on.
    package var diedAfter: Int64?
    /// Before this time.
    package var diedBefore: Int64?

    package init(
        kind: String? = nil, queue: String? = nil, lanes: [String]? = nil, errorClass: String? = nil, fingerprint: String? = nil,
        diedAfter: Int64? = nil, diedBefore: Int64? = nil
    ) {
        self.kind = kind
        self.queue = queue
        self.lanes = lanes
        self.errorClass = errorClass
        self.fingerprint = fingerprint
        self.diedAfter = diedAfter
        self.diedBefore = diedBefore
    }

    package var isEmpty: Bool { self == DeadLetterFilter() }

    static let parameterCount = 7
    static let columns = "kind, queue, lanes, error_class, fingerprint, died_after, died_before"

    /// Those of `condition`, and the values of `columns`, in order.
    var parameters: [PostgresValue] {
        [
            .optional(kind), .optional(queue), .optional(texts: lanes), .optional(errorClass), .optional(fingerprint), .optional(time: diedAfter),
            .optional(time: diedBefore),
        ]
    }

    /// What is asked for is spelled out, and what is not is left out: the plan for a filter by fingerprint then goes by the index of fingerprints.
    /// So is the state: a partial index is not seen through a parameter.
    func condition(from first: Int) -> String {
        let conditions: [(Bool, type: String, is: String)] = [
            (kind != nil, "text", "kind = $"), (queue != nil, "text", "queue = $"), (lanes != nil, "text[]", "lane = ANY ($"),
            (errorClass != nil, "text", "error_class = $"), (fingerprint != nil, "text", "fingerprint = $"),
            (diedAfter != nil, "timestamptz", "settled_at >= $"), (diedBefore != nil, "timestamptz", "settled_at < $"),
        ]
        return conditions.enumerated().reduce("state = 'dead'") { text, condition in
            let (number, (isAsked, type, comparison)) = (first + condition.offset, condition.element)
            return text + " AND " + (isAsked ? comparison + "\(number)" + (comparison.hasSuffix("($") ? ")" : "") : "$\(number)::\(type) IS NULL")
        }
    }

    /// The same parameters as JSON, an SQL expression: for the operators' record.
    static func json(from first: Int) -> String {
        """
        json_strip_nulls(json_build_object('kind', $\(first)::text, 'queue', $\(first + 1)::text, 'lanes', $\(first + 2)::text[],
            'errorClass', $\(first + 3)::text, 'fingerprint', $\(first + 4)::text, 'diedAfter', $\(first + 5)::timestamptz,
            'diedBefore', $\(first + 6)::timestamptz))
        """
    }

    init(_ row: PostgresRow, from first: Int) throws {
        kind = try row.optionalText(first)
        queue = try row.optionalText(first + 1)
        lanes = try row.optionalTexts(first + 2)
        errorClass = try row.optionalText(first + 3)
        fingerprint = try row.optionalText(first + 4)
        diedAfter = try row.optionalTimestamp(first + 5)
        diedBefore = try row.optionalTimestamp(first + 6)
    }
}
