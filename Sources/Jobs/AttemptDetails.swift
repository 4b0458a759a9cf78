import HTTPDelivery
import Ledger
import Primitives

/// What the log keeps of an attempt beside status and error: JSON text. Times of the attempt are in microseconds from its start; a phase that did not
/// happen is 0.
struct AttemptDetails {
    /// Of the body that the client keeps, in bytes of text.
    static let longestBody = 16 * 1024
    /// Headers of an answer that is no success.
    private static let mostHeaders = 32
    private static let longestHeaders = 2048
    private static let secretHeaders: Set<String> = [
        "authentication-info", "authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie", "www-authenticate",
    ]

    private var json = "{\"timings\":{\"queueWait\":"

    /// - Parameters:
    ///   - waited: since the delivery was due.
    ///   - url: where it went, when that is not the endpoint's own URL.
    static func of(_ response: DeliveryResponse, _ verdict: DeliveryVerdict, sent: Int, waited: Duration, url: String? = nil) -> String {
        var details = AttemptDetails(response.timings, waited: waited, room: min(response.body.count, longestBody))
        details.member("httpVersion", response.httpVersion)
        details.json += response.reusedConnection ? ",\"reusedConnection\":true" : ",\"reusedConnection\":false"
        if let version = response.tlsVersion { details.member("tlsVersion", version) }
        if let expiry = response.certificate?.expiresAt { details.member("certificateExpiresAt", RFC3339.wholeSeconds(expiry * 1_000_000)) }
        details.json += ",\"requestBytes\":\(sent),\"responseBytes\":\(response.body.count)"
        if response.bodyTruncated { details.json += ",\"responseTruncated\":true" }
        if let url { details.member("url", url) }
        if let next = verdict.next {
            details.next(next, verdict.hold)
            details.headers(response)
        }
        if !response.body.isEmpty { details.body(response.body) }
        return details.json + "}"
    }

    static func of(_ error: DeliveryError, _ verdict: DeliveryVerdict, sent: Int, waited: Duration, url: String? = nil) -> String {
        var details = AttemptDetails(error.timings, waited: waited)
        if let phase = error.phase { details.member("phase", phase.rawValue) }
        details.json += ",\"requestBytes\":\(error.requestWasSent ? sent : 0)"
        if let url { details.member("url", url) }
        if let next = verdict.next { details.next(next, verdict.hold) }
        return details.json + "}"
    }

    private init(_ timings: DeliveryTimings, waited: Duration, room: Int = 0) {
        json.reserveCapacity(320 + room)
        json += String(waited.microseconds)
        for (name, time) in [
            (",\"nameLookup\":", timings.nameLookup), (",\"connect\":", timings.connect), (",\"tls\":", timings.tls), (",\"firstByte\":", timings.firstByte),
            (",\"total\":", timings.total),
        ] {
            json += name
            json += String(time.microseconds)
        }
        json += "}"
    }

    private mutating func member(_ name: String, _ value: String) {
        json += ",\"\(name)\":"
        JSONText.append(value, to: &json)
    }

    /// The wait counts from the time of the log's row, which is the ledger's: both are written in one transaction.
    private mutating func next(_ next: DeliveryVerdict.Next, _ hold: DeliveryVerdict.Hold?) {
        json += ",\"next\":{\"why\":\"\(next.why.rawValue)\",\"wait\":\(next.wait.map { String($0.microseconds) } ?? "null")"
        if let hold { json += ",\"laneHeld\":\(hold.wait.microseconds)" }
        json += "}"
    }

    private mutating func headers(_ response: DeliveryResponse) {
        var (count, bytes) = (0, 0)
        for (name, value) in response.headers {
            let name = name.lowercased()
            (count, bytes) = (count + 1, bytes + name.utf8.count + value.utf8.count)
            guard count <= Self.mostHeaders, bytes <= Self.longestHeaders else { break }
            json += count == 1 ? ",\"responseHeaders\":[[" : ",["
            JSONText.append(name, to: &json)
            json += ","
            let isSecret = Self.secretHeaders.contains(name) || SecretText.isLikely(value)
            JSONText.append(isSecret ? "[hidden]" : value, to: &json)
            json += "]"
        }
        if json.hasSuffix("]") { json += "]" }
    }

    private mutating func body(_ bytes: [UInt8]) {
        json += ",\"responseBody\":"
        var text = String(decoding: bytes, as: UTF8.self)
        // What was no text has grown threefold.
        if text.utf8.count > Self.longestBody { text = String(decoding: text.utf8.prefix(Self.longestBody), as: UTF8.self) }
        JSONText.append(text, to: &json)
    }
}
