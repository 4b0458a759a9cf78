/// A block of internet addresses, such as `192.0.2.0/24` or `2001:db8::/32`.
package struct Network: Sendable, Hashable {
}
