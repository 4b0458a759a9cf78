import Ledger
import Primitives
import Queue
import TestSupport
import Testing

/// The way of a job from its commit into the index.
@Suite struct IntakeLaws {
    private func push(_ jobs: [NewJob], by pusher: IndexPusher, under known: IndexPusher.KnownEpochs) {
        pusher.push(jobs, accepted: jobs.map { AcceptedJob(id: $0.id, isDuplicate: false, delay: 0) }, under: known)
    }

    private func awaitIndexed(_ jobs: [NewJob], _ queue: QueueFixture) async throws {
        try await eventually("the index has them") { try await queue.index.missing(of: jobs.map(\.id), in: "lane")?.ids.isEmpty == true }
    }

    /// Which of the lane's jobs a worker is given as first-hand.
    private func hands(_ queue: QueueFixture, epoch: Int64 = 1) async throws -> [JobID: Bool] {
        try await queue.join("w1", session: epoch)
        let claims = try await queue.step(epoch: "\(epoch)", session: epoch).claims.filter { $0.lane == "lane" }
        return Dictionary(uniqueKeysWithValues: claims.map { ($0.id, $0.isFirstHand) })
    }

    @Test func `a job is first-hand in the life of the index in which its commit began, and in no other`() async throws {
        try await QueueFixture.run { queue in
            let pusher = queue.newPusher, early = queue.newJobs(1), late = queue.newJobs(1)
            try await queue.withPusher(pusher) {
                try await queue.withWriter { writer in
                    let intake = Intake(writer: writer, pusher: pusher)
                    try await queue.hear(pusher)
                    _ = try await intake.accept(early)
                    try await awaitIndexed(early, queue)
                    #expect(try await hands(queue) == [early[0].id: true])
                    let accepting = try await queue.whileJobsAreLocked {
                        let accepting = Task { _ = try await intake.accept(late) }
                        try await queue.awaitLocked()
                        // Before it is committed another life begins, of which the pusher hears.
                        try await queue.open(epoch: 2)
                        try await queue.hear(pusher)
                        return accepting
                    }
                    try await accepting.value
                    try await awaitIndexed(late, queue)
                    #expect(try await hands(queue, epoch: 2) == [late[0].id: false], "a refill of the new life may have brought it")
                }
            }
        }
    }

    @Test func `jobs of two lives of the index that are pushed together are second-hand`() async throws {
        try await QueueFixture.run { queue in
            let pusher = queue.newPusher, early = queue.newJobs(1), late = queue.newJobs(1), alone = queue.newJobs(1)
            let first = try await queue.withPusher(pusher) {
                try await queue.hear(pusher)
                return pusher.knownEpochs()
            }
            try await queue.open(epoch: 2)
            let second = try await queue.withPusher(pusher) {
                try await queue.hear(pusher)
                return pusher.knownEpochs()
            }
            push(late, by: pusher, under: second)
            push(early, by: pusher, under: first)
            try await queue.withPusher(pusher) { try await awaitIndexed(early + late, queue) }
            #expect(try await hands(queue, epoch: 2) == [early[0].id: false, late[0].id: false])
            push(alone, by: pusher, under: second)
            try await queue.withPusher(pusher) { try await awaitIndexed(alone, queue) }
            #expect(try await queue.step(epoch: "2", session: 2).claims.map(\.isFirstHand) == [true])
        }
    }

    @Test func `lanes whose pushes the index did not take are refilled when it takes some again`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            let pusher = queue.newPusher, jobs = try await queue.commit(queue.newJobs(2))
            try await queue.withPusher(pusher) {
                push(jobs, by: pusher, under: pusher.knownEpochs())
                try await eventually("their lane is remembered") {
                    let backlog = pusher.backlog(of: "default")
                    return backlog.waiting == 0 && backlog.damaged == 1
                }
                try await queue.open(epoch: 1)
                try await queue.join("w1")
                try await eventually("it is marked") {
                    let step = try await queue.step()
                    for order in step.refills { try await Refiller(waiting: queue.waiting).refill(order, of: queue.index, epoch: step.epoch) }
                    return !step.refills.isEmpty
                }
                #expect(try await queue.step().claims.map(\.id) == jobs.map(\.id))
                #expect(pusher.backlog(of: "default").damaged == 0)
            }
        }
    }

    @Test func `a push that finds no room is left to the refill of its lane`() async throws {
        try await QueueFixture.run { queue in
            let pusher = queue.newPusher
            let crowd = (0..<20_000).map { _ in LaneIndex.Push(id: IdentifierSource.system.next(), lane: "crowd", priority: 0) }
            pusher.pushAgain(crowd.map { (queue: "default", push: $0) })
            push(queue.newJobs(1, lane: "accepted"), by: pusher, under: pusher.knownEpochs())
            pusher.pushAgain([(queue: "default", push: LaneIndex.Push(id: IdentifierSource.system.next(), lane: "replayed", priority: 0))])
            let backlog = pusher.backlog(of: "default")
            #expect(backlog.waiting == 20_000 && backlog.damaged == 2)
            try await queue.join("w1")
            var marked: Set<String> = []
            try await queue.withPusher(pusher) {
                try await eventually("their lanes are marked") {
                    marked.formUnion(try await queue.step(want: 0).refills.map(\.lane))
                    return marked == ["accepted", "replayed"]
                }
            }
            #expect(try await queue.index.missing(of: [crowd[0].id], in: "crowd")?.ids == [], "and what had found room is there")
        }
    }
}
