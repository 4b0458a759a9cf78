/// When each phase of a transfer ended, all measured from its start; zero for a phase that was not reached or did not happen
/// (a reused connection has no lookup, plain http no TLS).
package struct DeliveryTimings: Sendable, Equatable {
    package var nameLookup: Duration = .zero
    package var connect: Duration = .zero
    package var tls: Duration = .zero
    package var firstByte: Duration = .zero
    package var total: Duration = .zero

    package init() {}
}
