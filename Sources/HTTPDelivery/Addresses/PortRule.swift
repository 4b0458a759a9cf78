/// Which ports a delivery may go to: 443, 80 for plain http, and the unprivileged ones except those where something else than HTTP listens.
package struct PortRule: Sendable, Equatable {
    /// Refused although unprivileged. A POST to a database or a cache is a command to some of them.
    package var denied: Set<UInt16> = Self.otherProtocols
    /// Allowed although privileged, for receivers an operator knows.
    package var additional: Set<UInt16> = []

    package init() {}

    package func permits(_ port: UInt16, isHTTPS: Bool) -> Bool {
        switch port {
        case 0: false
        case _ where additional.contains(port): true
        case 443: true
        case 80: !isHTTPS
        default: port >= 1024 && !denied.contains(port)
        }
    }

    /// Databases, caches and brokers, and the unprivileged ones among the ports that browsers do not open.
    package static let otherProtocols: Set<UInt16> = [
        1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5900, 5984, 6000, 6379,
        6432, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042, 9092, 9200, 9300, 10080, 10250, 11211, 26379, 27017,
    ]
}
