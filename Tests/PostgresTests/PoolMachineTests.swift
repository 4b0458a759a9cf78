import Testing

@testable import Postgres

@Suite struct PoolMachineTests {
    private typealias Machine = PoolMachine<String, Int>
    private let now = ContinuousClock.now
    private let error = PostgresError(.unavailable, operation: "connect", message: "refused")

    private func isOpen(_ grant: PoolGrant<String>?) -> Bool { if case .open = grant { true } else { false } }
    private func lent(_ grant: PoolGrant<String>?) -> String? { if case .lend(let connection) = grant { connection } else { nil } }
    private func refusal(_ grant: PoolGrant<String>?) -> PostgresError? { if case .refuse(let error) = grant { error } else { nil } }

    @Test func `it never opens more than the limit`() {
        var machine = Machine(limit: 2)
        #expect(isOpen(machine.arrive(now: now).grant))
        #expect(isOpen(machine.arrive(now: now).grant))
        let (ticket, grant) = machine.arrive(now: now)
        #expect(grant == nil)
        #expect(machine.wait(ticket, 3, now: now).isEmpty)
    }

    @Test func `a connection that came back before the caller stood in line is not missed`() {
        var machine = Machine(limit: 1)
        _ = machine.arrive(now: now)
        _ = machine.opened()
        let (ticket, grant) = machine.arrive(now: now)
        #expect(grant == nil)
        #expect(machine.giveBack("a", now: now).answers.isEmpty)
        let answers = machine.wait(ticket, 7, now: now)
        #expect(answers.map(\.reply) == [7])
        #expect(lent(answers.first?.grant) == "a")
    }

    @Test func `nobody overtakes who stands in line`() {
        var machine = Machine(limit: 1)
        _ = machine.arrive(now: now)
        _ = machine.opened()
        let first = machine.arrive(now: now).ticket
        let second = machine.arrive(now: now).ticket
        _ = machine.wait(second, 2, now: now)
        _ = machine.wait(first, 1, now: now)
        #expect(machine.arrive(now: now).grant == nil)
        #expect(machine.giveBack("a", now: now).answers.map(\.reply) == [1])
    }

    @Test func `when nothing is at work a failure is everybody's`() {
        var machine = Machine(limit: 1)
        _ = machine.arrive(now: now)
        let ticket = machine.arrive(now: now).ticket
        _ = machine.wait(ticket, 2, now: now)
        let (wait, isNews, answers) = machine.openFailed(error, now: now)
        #expect(!wait)
        #expect(isNews)
        #expect(answers.map(\.reply) == [2])
        #expect(refusal(answers.first?.grant) == error)
        #expect(isOpen(machine.arrive(now: now).grant), "the next caller tries again")
    }

    @Test func `while a connection is at work a failed opener waits for it`() {
        var machine = Machine(limit: 2)
        _ = machine.arrive(now: now)
        _ = machine.opened()
        let ticket = machine.arrive(now: now).ticket
        #expect(machine.openFailed(error, now: now).wait)
        #expect(machine.wait(ticket, 2, now: now).isEmpty, "it does not try again at once")
        #expect(lent(machine.giveBack("a", now: now).answers.first?.grant) == "a")
    }

    @Test func `when the last connection at work dies the head of the line may open one`() {
        var machine = Machine(limit: 2)
        _ = machine.arrive(now: now)
        _ = machine.opened()
        let ticket = machine.arrive(now: now).ticket
        _ = machine.openFailed(error, now: now)
        _ = machine.wait(ticket, 2, now: now)
        #expect(isOpen(machine.closed(now: now).first?.grant))
    }

    @Test func `who left the line is not answered`() {
        var machine = Machine(limit: 1)
        _ = machine.arrive(now: now)
        _ = machine.opened()
        let ticket = machine.arrive(now: now).ticket
        _ = machine.wait(ticket, 2, now: now)
        #expect(machine.leave(ticket) == 2)
        #expect(machine.leave(ticket) == nil)
        #expect(machine.giveBack("a", now: now).answers.isEmpty)
        #expect(machine.idleCount == 1)
    }

    @Test func `a closing pool serves its line and then closes what comes back`() {
        var machine = Machine(limit: 1)
        _ = machine.arrive(now: now)
        _ = machine.opened()
        let ticket = machine.arrive(now: now).ticket
        _ = machine.wait(ticket, 2, now: now)
        #expect(machine.close().isEmpty)
        #expect(refusal(machine.arrive(now: now).grant)?.code == .unavailable)
        #expect(machine.giveBack("a", now: now).answers.map(\.reply) == [2])
        #expect(machine.giveBack("a", now: now).close == "a")
        #expect(!machine.isDrained)
        _ = machine.closed(now: now)
        #expect(machine.isDrained)
    }
}
