/// What a receiver answered, whatever the status: what it means is the caller's to decide. A redirect is an answer too and is never followed.
package struct DeliveryResponse: Sendable {
    package let status: Int
    /// The final response's headers in their order, names as sent; what exceeds 128 headers or 16 KiB is left out. Interim responses and trailers are dropped.
    package var headers: [(name: String, value: String)] { head.all }
    let head: HeaderBlock
    /// Not decompressed: no encoding was offered.
    package let body: [UInt8]
    /// The body was longer than asked for: the rest was not read and the connection was closed. The status stands.
    package let bodyTruncated: Bool
    /// `1.0`, `1.1` or `2`.
    package let httpVersion: String
    package let timings: DeliveryTimings
    /// The receiver's certificate, when a TLS connection was opened for this request; nil on a reused one.
    package let certificate: Certificate?
    /// As OpenSSL names it, such as `TLSv1.3`; nil for plain http.
    package let tlsVersion: String?
    package let reusedConnection: Bool

    package struct Certificate: Sendable, Equatable {
        /// Seconds since 1970, so that an operator can warn a customer in time.
        package let expiresAt: Int64
    }

    /// The first header of that name, in any case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.utf8.count == wanted.utf8.count && $0.name.lowercased() == wanted }?.value
    }
}
