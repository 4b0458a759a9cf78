import API
import HTTPDelivery
import Identity
import Ledger
import Logging
import Postgres
import Primitives
import Queue
import Redis
import ServiceLifecycle
import Synchronization
import TestSupport
import Worker

/// The API and a worker on real stores: events go in by HTTP, out to receivers of the test's own, and what came of them is asked for by HTTP.
struct DeliveryScene: Sendable {
    /// Who may be called, and for how long.
    struct Rules: Sendable {
        /// The worker's at each dial.
        var dialling: AddressPolicy = .local
        /// The API's when an endpoint is saved, and the worker's when it reads one.
        var saving: AddressPolicy = .local
        /// The most time that a delivery gets: less than the endpoint asks for, so that a test of patience needs little.
        var longest = Duration.seconds(20)
        /// A PEM file.
        var roots: String?
    }

    let api: TestAPI
    let delivery: DeliveryClient
    private let numbers = Numbers()

    static func run(_ rules: Rules = Rules(), _ body: (DeliveryScene) async throws -> Void) async throws {
        let delivery = try DeliveryClient(policy: rules.dialling, longest: rules.longest, additionalTrustRoots: rules.roots)
        do {
            try await TestAPI.run(limits: nil, configure: { $0.addressPolicy = rules.saving }) { api in
                try await api.openIndex()
                var settings = WorkerProcess.Settings()
                settings.drain = .milliseconds(100)
                let worker = WorkerProcess(
                    map: api.queues, pool: api.pool, redis: api.redis, delivery: delivery, targets: rules.saving, sealer: api.services.sealer,
                    settings: settings, logger: api.services.logger)
                let group = ServiceGroup(services: worker.all, logger: api.services.logger)
                try await withThrowingTaskGroup { tasks in
                    tasks.addTask { try await group.run() }
                    do {
                        try await body(DeliveryScene(api: api, delivery: delivery))
                    } catch {
                        tasks.cancelAll()
                        throw error
                    }
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
            }
        } catch {
            await delivery.shutDown()
            throw error
        }
        await delivery.shutDown()
    }

    /// An endpoint with an event type of its own.
    struct Endpoint: Sendable {
        let id: String
        let event: String
    }

    func endpoint(_ url: String) async throws -> Endpoint {
        let event = "scene.case\(numbers.next())"
        let answer = try await api.client.post("/api/webhooks", #"{"eventType":"\#(event)","webhookUrl":"\#(url)"}"#)
        guard answer.status == 201, let id = answer.text("id") else { throw Unexpected(description: "no endpoint at \(url): \(answer)") }
        return Endpoint(id: id, event: event)
    }

    /// - Returns: the job of the event's one delivery.
    func publish(to endpoint: Endpoint, data: String = "{}") async throws -> String {
        let published = try await api.client.post("/api/events", #"{"event":"\#(endpoint.event)","data":\#(data)}"#)
        guard published.status == 202, let event = published.text("eventId") else { throw Unexpected(description: "no event: \(published)") }
        let shown = try await api.client.get("/api/events/\(event)")
        guard let job = shown.text("deliveries.0.jobId") else { throw Unexpected(description: "no delivery: \(shown)") }
        return job
    }

    /// The job's page, once it shows so many attempts.
    func page(of job: String, attempts: Int = 1) async throws -> Answer {
        var page: Answer?
        try await eventually("\(attempts) attempts of \(job)", within: .seconds(30)) {
            let answer = try await api.client.get("/api/jobs/\(job)")
            page = answer
            return (answer.count("attempts") ?? 0) >= attempts
        }
        guard let page else { throw Unexpected(description: "no page of \(job)") }
        return page
    }

    /// What the first attempt to deliver one event there came to.
    func firstAttempt(at url: String) async throws -> Attempt {
        let endpoint = try await endpoint(url)
        return try await Attempt(page(of: publish(to: endpoint)), 0)
    }

    private final class Numbers: Sendable {
        private let last = Mutex(0)

        func next() -> Int {
            last.withLock { last in
                last += 1
                return last
            }
        }
    }
}

/// An attempt as its job's page shows it.
struct Attempt: Sendable {
    let number: Int
    let outcome: String
    let errorClass: String?
    let status: Int?
    let microseconds: Int
    let responseBody: String?
    /// The page that it is from.
    let page: Answer

    init(_ page: Answer, _ index: Int) {
        number = page.int("attempts.\(index).attempt") ?? 0
        outcome = page.text("attempts.\(index).outcome") ?? "none"
        errorClass = page.text("attempts.\(index).errorClass")
        status = page.int("attempts.\(index).httpStatus")
        microseconds = page.int("attempts.\(index).durationMicroseconds") ?? 0
        responseBody = page.text("attempts.\(index).details.responseBody")
        self.page = page
    }

    /// `succeeded 200`, `http_status 500`, `timeout`.
    var verdict: String { ([errorClass ?? outcome] + (status.map { ["\($0)"] } ?? [])).joined(separator: " ") }
}

extension AddressPolicy {
    /// Receivers of this machine, and nobody else's.
    static var local: AddressPolicy {
        // Both are ranges.
        let ranges = try! AddressPolicy.parse(list: "127.0.0.0/8,::1/128")
        return AddressPolicy(allowed: ranges, requiresHTTPS: false)
    }

    /// As in production, but for plain http.
    static var strict: AddressPolicy { AddressPolicy(requiresHTTPS: false) }
}
