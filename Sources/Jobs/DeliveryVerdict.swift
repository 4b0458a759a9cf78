import Foundation
import HTTPDelivery
import Primitives
import Queue

/// What a receiver's answer, or the lack of one, means for a delivery.
enum DeliveryVerdict {
    static func outcome(of response: DeliveryResponse) -> Outcome {
        let record = AttemptRecord(
            httpStatus: Int32(response.status), details: AttemptDetails.json(response.timings, responseBody: response.body))
        switch response.status {
        case 200..<300: return .succeeded(record)
        case 300..<400:
            return .failed(
                Failure(.transient(), code: "redirect_refused", message: "the receiver answered \(response.status); redirects are not followed", record: record))
        default:
            let wait = response.header("retry-after").flatMap { RetryAfter.delay($0, now: .now) }
            return .failed(
                Failure(.transient(retryAfter: wait), code: "http_status", message: "the receiver answered \(response.status)", record: record))
        }
    }

    static func outcome(of error: DeliveryError) -> Outcome {
        let record = AttemptRecord(details: AttemptDetails.json(error.timings))
        // Our own limits are no fault of the receiver's, and waiting for them costs no attempt.
        if error.code == .localLimit || error.code == .shutDown { return .snoozed(.seconds(1), reason: error.detail) }
        return .failed(Failure(.transient(), code: error.code.rawValue, message: error.detail, record: record))
    }
}

/// `Retry-After`: seconds, or a date.
enum RetryAfter {
    static func delay(_ value: String, now: Date) -> Duration? {
        if let seconds = Int64(value.trimmingCharacters(in: .whitespaces)) { return seconds >= 0 ? .seconds(seconds) : nil }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: value).map { .seconds(max(0, $0.timeIntervalSince(now))) }
    }
}

/// Phase timings in microseconds and the start of the answer, as the log keeps them: JSON text.
enum AttemptDetails {
    /// Of the 16 KiB that the client keeps, the log keeps this many characters.
    private static let longestBody = 1024

    static func json(_ timings: DeliveryTimings, responseBody: [UInt8] = []) -> String {
        var json = "{\"timings\":{\"nameLookup\":"
        json.reserveCapacity(128 + min(responseBody.count, longestBody))
        json += String(timings.nameLookup.microseconds)
        for (name, time) in [(",\"connect\":", timings.connect), (",\"tls\":", timings.tls), (",\"firstByte\":", timings.firstByte), (",\"total\":", timings.total)] {
            json += name
            json += String(time.microseconds)
        }
        json += "}"
        if !responseBody.isEmpty {
            let text = String(decoding: responseBody, as: UTF8.self)
            json += ",\"responseBody\":"
            JSONText.append(text.utf8.count <= longestBody ? text : String(text.prefix(longestBody)), to: &json)
        }
        json += "}"
        return json
    }
}
