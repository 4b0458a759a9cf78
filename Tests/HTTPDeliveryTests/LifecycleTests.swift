import Foundation
import HTTPDelivery
import Synchronization
import TestSupport
import Testing

struct LifecycleTests {
    private func silent() -> Receiver {
        Receiver { connection in
            _ = connection.readRequest()
            connection.waitForClose()
        }
    }

    @Test func `cancelling the task ends the transfer`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = silent()
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let request = try DeliveryRequest.post(receiver.url(), policy, timeout: .seconds(60))
            let task = Task { await client.failure(request) }
            await receiver.waitForRequests(1)
            task.cancel()
            let error = await task.value
            #expect(error?.code == .cancelled && error?.requestWasSent == true && error?.phase == .wait)
        }
    }

    @Test func `a cancelled task sends nothing`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let request = try DeliveryRequest.post(receiver.url(), policy)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await client.failure(request)
            }
            let error = await task.value
            #expect(error?.code == .cancelled && error?.requestWasSent == false)
        }
        #expect(receiver.requests.isEmpty)
    }

    @Test func `a thousand requests are under way at once`() async throws {
        raiseDescriptorLimit()
        let policy = try AddressPolicy.development()
        let gate = Gate(1000)
        let receiver = Receiver { connection in
            guard connection.readRequest() != nil else { return }
            gate.arrive()
            connection.write(ok)
        }
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let answered = try await withThrowingTaskGroup { group in
                for number in 0..<1000 {
                    let request = try DeliveryRequest.post(receiver.url("/\(number)"), policy, timeout: .seconds(60))
                    group.addTask { try await client.send(request).status }
                }
                return try await group.reduce(0) { $0 + ($1 == 200 ? 1 : 0) }
            }
            #expect(answered == 1000)
        }
        #expect(Set(receiver.requests.map(\.line)).count == 1000)
    }

    @Test func `one request too many fails at once`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = silent()
        defer { receiver.stop() }
        try await withClient(policy, maxTransfers: 2) { client in
            let request = try DeliveryRequest.post(receiver.url(), policy, timeout: .seconds(60))
            let tasks = (0..<2).map { _ in Task { await client.failure(request) } }
            await receiver.waitForRequests(2)
            let error = await client.failure(request)
            #expect(error?.code == .localLimit && error?.requestWasSent == false)
            tasks[0].cancel()
            #expect(await tasks[0].value?.code == .cancelled)
            let other = Receiver(answer: ok)
            defer { other.stop() }
            #expect(try await client.send(.post(other.url(), policy)).status == 200)
            tasks[1].cancel()
            _ = await tasks[1].value
        }
    }

    @Test func `a shut down ends everything and takes nothing more`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = silent()
        defer { receiver.stop() }
        let client = try DeliveryClient(policy: policy)
        let request = try DeliveryRequest.post(receiver.url(), policy, timeout: .seconds(60))
        let tasks = (0..<20).map { _ in Task { await client.failure(request) } }
        await receiver.waitForRequests(20)
        await client.shutDown()
        for task in tasks {
            let error = await task.value
            #expect(error?.code == .shutDown && error?.requestWasSent == true)
        }
        #expect(await client.failure(request)?.code == .shutDown)
        await client.shutDown()
    }

    @Test func `a client that nobody holds closes its connections`() async throws {
        let policy = try AddressPolicy.development()
        let (closed, signal) = AsyncStream.makeStream(of: Void.self)
        let receiver = Receiver { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(ok)
            connection.waitForClose()
            signal.finish()
        }
        defer { receiver.stop() }
        do {
            let client = try DeliveryClient(policy: policy)
            _ = try await client.send(.post(receiver.url(), policy))
        }
        for await _ in closed {}
    }

    /// Both ends of a thousand connections are in this process.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 8192)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Holds threads until all have arrived.
private final class Gate: Sendable {
    private let missing: Mutex<Int>
    private let condition = DispatchSemaphore(value: 0)
    private let count: Int

    init(_ count: Int) {
        self.count = count
        missing = Mutex(count)
    }

    func arrive() {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { for _ in 0..<count { condition.signal() } }
        condition.wait()
    }
}
