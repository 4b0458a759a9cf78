import Ledger
import Logging
import Primitives
import Redis

/// What a runner tells of steps and attempts, in metrics and in the log.
extension QueueRunner {
    func observed(
        _ step: () async throws(RedisError) -> LaneIndex.StepAnswer
    ) async throws(RedisError) -> LaneIndex.StepAnswer {
        let begun = ContinuousClock.now
        do throws(RedisError) {
            let answer = try await step()
            metrics.stepped(answer, took: ContinuousClock.now - begun)
            return answer
        } catch {
            metrics.stepped(nil, took: ContinuousClock.now - begun)
            throw error
        }
    }

    /// The job as its attempt sees it: with a span of its own.
    func observed(_ job: RunnableJob, begun: ContinuousClock.Instant) -> RunnableJob {
        var job = job
        job.span = AttemptSpan.make(for: job, begun: begun)
        metrics.waited(job.wait)
        return job
    }

    /// After the ledger's answer: what it refused is no attempt that counts.
    func note(_ settlement: Settlement, of job: RunnableJob, _ verdict: SettlementWriter.Verdict) {
        guard verdict == .applied else {
            metrics.refused()
            logger.warning("a settlement was refused: the job has moved on", metadata: metadata(of: job))
            return
        }
        metrics.kind(settlement.errorClass == "unknown_kind" ? RunnerMetrics.unknownKind : job.kind).ended(settlement.ending, took: .microseconds(settlement.duration))
        // What a level leaves out costs the comparison: the metadata is an autoclosure.
        switch settlement.ending {
        case .succeeded: logger.debug("an attempt succeeded", metadata: metadata(of: job, settlement))
        case .snoozed: logger.debug("an attempt was snoozed", metadata: metadata(of: job, settlement))
        case .retried: logger.info("an attempt failed and will be retried", metadata: metadata(of: job, settlement))
        case .cancelled: logger.info("a job was cancelled", metadata: metadata(of: job, settlement))
        case .dead: logger.warning("a job was buried", metadata: metadata(of: job, settlement))
        }
    }

    /// Which attempt a line is about. The queue stands in the logger's own metadata.
    func metadata(of job: RunnableJob, _ settlement: Settlement? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "job": .stringConvertible(job.id), "kind": .string(job.kind), "attempt": .stringConvertible(job.attempt),
            "workspace": .stringConvertible(job.workspace),
        ]
        // An attempt that was settled without its word has left its span with its task.
        if let context = job.span ?? job.trace.flatMap({ TraceContext(stored: $0) }) { metadata["traceId"] = .string(context.traceID) }
        if let span = job.span { metadata["spanId"] = .string(span.spanID) }
        if let settlement {
            metadata["microseconds"] = .stringConvertible(settlement.duration)
            // The class only: a message may quote what a receiver answered.
            if let error = settlement.errorClass { metadata["errorClass"] = .string(error) }
            if let status = settlement.httpStatus { metadata["httpStatus"] = .stringConvertible(status) }
            if settlement.ending == .retried || settlement.ending == .snoozed { metadata["delayMicroseconds"] = .stringConvertible(settlement.delay) }
        }
        return metadata
    }
}
