package import Ledger
package import Primitives

/// A first-hand job on its way through Redis: positional bytes, opaque to the scripts.
///
/// Layout: version (1 byte, 2) · workspace (16) · priority (2) · max attempts (4) · payload version (2) · deadline (8, 0 = as its kind says) ·
/// kind length (1), kind · trace length (1), trace · payload. Numbers are big-endian. The attempt is not in it: a first-hand job is on its first.
///
/// Jobs whose order or expiry the ledger has to be asked about have none.
package enum Envelope {
    private static let version: UInt8 = 2
    /// Payloads above this travel through the ledger alone, so that Redis' memory stays bounded by windows of small entries.
    package static let largestPayload = 16 * 1024

    /// Empty when the job must be read from the ledger instead.
    package static func encode(_ job: NewJob) -> [UInt8] {
        let payload = job.payload.utf8, kind = job.kind.utf8, trace = (job.trace ?? "").utf8
        guard payload.count <= largestPayload, kind.count < 256, trace.count < 256, job.laneKey == nil, job.notAfter == nil else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(35 + kind.count + trace.count + payload.count)
        bytes.append(version)
        bytes.append(bigEndian: job.workspace.value.high)
        bytes.append(bigEndian: job.workspace.value.low)
        bytes.append(bigEndian: job.priority)
        bytes.append(bigEndian: job.maxAttempts)
        bytes.append(bigEndian: job.payloadVersion)
        bytes.append(bigEndian: job.deadline ?? 0)
        bytes.append(UInt8(kind.count))
        bytes.append(contentsOf: kind)
        bytes.append(UInt8(trace.count))
        bytes.append(contentsOf: trace)
        bytes.append(contentsOf: payload)
        return bytes
    }

    /// Nil for bytes that are no envelope of this version: the job is then read from the ledger, as any second-hand one.
    package static func decode(_ bytes: [UInt8], id: JobID, lane: String) -> RunnableJob? {
        var reader = Reader(bytes: bytes[...])
        guard reader.byte() == version, let high = reader.integer(UInt64.self), let low = reader.integer(UInt64.self),
            let priority = reader.integer(Int16.self), let maxAttempts = reader.integer(Int32.self),
            let payloadVersion = reader.integer(Int16.self), let deadline = reader.integer(Int64.self),
            let kind = reader.shortText(), let trace = reader.shortText()
        else { return nil }
        return RunnableJob(
            id: id, workspace: WorkspaceID(Identifier(high: high, low: low)), kind: kind, lane: lane, priority: priority,
            payload: String(decoding: reader.bytes, as: UTF8.self), attempt: 1, failures: 0, maxAttempts: maxAttempts,
            trace: trace.isEmpty ? nil : trace, deadline: deadline == 0 ? nil : deadline, payloadVersion: payloadVersion)
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func byte() -> UInt8? { bytes.popFirst() }

        mutating func integer<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
            let width = Number.bitWidth / 8
            guard bytes.count >= width else { return nil }
            defer { bytes = bytes.dropFirst(width) }
            return bytes.prefix(width).reduce(0) { ($0 << 8) | Number(truncatingIfNeeded: $1) }
        }

        mutating func shortText() -> String? {
            guard let count = byte(), bytes.count >= Int(count) else { return nil }
            defer { bytes = bytes.dropFirst(Int(count)) }
            return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
