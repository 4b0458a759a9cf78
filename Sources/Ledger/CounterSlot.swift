/// Which of the ledger's counter rows a writer adds to. A row is locked until its writer's commit, so every writer takes one of its own;
/// two that meet by chance wait for each other, nothing worse.
package struct CounterSlot: Sendable {
    /// Rows that migration 0001 made.
    static let count = 64
    package let number: Int16

    package static func any() -> CounterSlot { CounterSlot(number: Int16.random(in: 0..<Int16(count))) }
}
