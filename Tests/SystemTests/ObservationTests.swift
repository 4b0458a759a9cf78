import Foundation
import LocalStack
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct Observed {
        @Test func `a trace goes from the API's request through the job to the receiver, a span of its own for each attempt`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(workers: 1, logLevel: "debug")) { fleet in
                try await fleet.addEndpoint(receiver.url())
                receiver.behave(.answer(500))
                let trace = "0af7651916cd43dd8448eb211c80319c"
                let answer = try await fleet.client.post(
                    "/api/events", #"{"event":"test.happened","data":{}}"#,
                    headers: ["traceparent": "00-\(trace)-b7ad6b7169203331-01", "tracestate": "rojo=00f0, congo=t61"])
                #expect(answer.status == 202)
                try await eventually("the first attempt has come") { receiver.count == 1 }
                receiver.behave(.answer(200))
                try await fleet.awaitAllSucceeded(1)

                let contexts = receiver.arrivals.map { TraceContext(traceparent: $0.traceparent, tracestate: $0.tracestate) }
                #expect(contexts.count == 2)
                #expect(contexts.allSatisfy { $0?.traceID == trace && $0?.state == "rojo=00f0,congo=t61" && $0?.flags == 1 }, "\(receiver.arrivals)")
                let spans = contexts.compactMap { $0?.spanID }
                #expect(Set(spans + ["b7ad6b7169203331"]).count == 3, "\(spans)")
                // The worker's line of each attempt names the span that its request carried, the API's line the trace.
                for (span, message) in zip(spans, ["an attempt failed and will be retried", "an attempt succeeded"]) {
                    let lines = fleet.lines(containing: span)
                    #expect(lines.count == 1 && lines.allSatisfy { $0.contains(trace) && $0.contains(message) && $0.contains(#""kind":"webhook.deliver""#) })
                }
                #expect(fleet.lines(containing: trace).contains { $0.contains(#""message":"request""#) && $0.contains(#""path":"/api/events""#) })
            }
            await receiver.stop()
        }

        @Test func `every process answers scrapes on an address of its own`() async throws {
            let receiver = try await Receiver.start()
            let listen = ["VOICERA_METRICS_LISTEN": "127.0.0.1:0"]
            try await Fleet.run(.with(startsAPI: false)) { fleet in
                let api = try await fleet.startAPI(listen)
                let worker = try fleet.startWorker(listen)
                try await fleet.addEndpoint(receiver.url())
                try await fleet.publish(20)
                try await fleet.awaitAllSucceeded(20)

                let scraped = try await (scrape(api), scrape(worker))
                let told = scraped.1.filter { !$0.hasPrefix("#") }
                #expect(told.contains(#"voicera_attempts_total{kind="webhook.deliver",outcome="succeeded",queue="webhooks"} 20"#))
                #expect(told.contains(#"voicera_delivery_requests_total{outcome="2xx"} 20"#))
                #expect(told.contains(#"voicera_worker_slots{queue="webhooks"} 100.0"#))
                #expect(scraped.0.contains(#"voicera_http_requests_total{method="POST",route="/api/events",status="202"} 20"#))
                #expect(scraped.0.contains(#"voicera_jobs_enqueued_total{kind="webhook.deliver",queue="webhooks"} 20"#))
                #expect(!scraped.0.contains { $0.hasPrefix("voicera_worker_slots") }, "an API has no slots")
                let base = try await address(of: worker).replacing("/metrics", with: "")
                let health = try await Client(baseURL: base, key: "").get("/healthz")
                #expect(health.status == 200 && health.body == Data("ok\n".utf8))
            }
            await receiver.stop()
        }

        private func address(of process: ChildProcess) async throws -> String {
            let line = try await process.waitForLine(containing: "metrics on ")
            return String(line.split(separator: " ").last ?? "")
        }

        private func scrape(_ process: ChildProcess) async throws -> [String] {
            let answer = try await Client(baseURL: try await address(of: process), key: "").get("")
            #expect(answer.status == 200 && answer.contentType.hasPrefix("text/plain; version=0.0.4"))
            return String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }
}
