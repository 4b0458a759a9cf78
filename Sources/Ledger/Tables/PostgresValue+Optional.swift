import Postgres
import Primitives

extension PostgresValue {
    /// For filters: `$n::text IS NULL OR column = $n` lets a missing one pass.
    static func optional(_ text: String?) -> PostgresValue { text.map { .text($0) } ?? .null }
    static func optional(_ number: Double?) -> PostgresValue { number.map { .double($0) } ?? .null }
    static func optional(texts: [String]?) -> PostgresValue { texts.map { .texts($0) } ?? .null }
    static func optional(time microseconds: Int64?) -> PostgresValue { microseconds.map { .timestamp(microsecondsSince1970: $0) } ?? .null }

    /// The cursor of a list that is read from its newest row on: beyond every id when there is none, so that the index's range is used either way.
    static func id<Thing>(_ before: ID<Thing>?) -> PostgresValue { .id(before?.value ?? Identifier(high: .max, low: .max)) }
}
