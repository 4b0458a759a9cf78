import Primitives
import Testing

@testable import HTTPDelivery

/// What happens between the URL and the socket, where no real name server can be had.
struct DialTests {
    private let open = IPAddress(v4: 0x0808_0808)
    private let forbidden = IPAddress(v4: 0x0a00_0001)

    @Test func `a name that answers with a forbidden address gets no other dialled`() {
        var mixed = DialGuard(policy: AddressPolicy())
        let verdicts = [open, forbidden, open].map { mixed.permits($0) }
        #expect(verdicts == [true, false, false])
    }

    @Test func `in development one forbidden address leaves the others open`() throws {
        var mixed = DialGuard(policy: try .development())
        let verdicts = [IPAddress("fe80::1"), IPAddress("127.0.0.1")].map { mixed.permits($0) }
        #expect(verdicts == [false, true])
        #expect(mixed.hasRefused)
    }

    @Test func `an address that cannot be read is refused`() {
        var blind = DialGuard(policy: AddressPolicy())
        let verdict = blind.permits(nil)
        #expect(!verdict)
        var bytes = [UInt8](repeating: 0, count: 110)
        // A unix socket, then an IPv4 address cut short.
        for (family, length) in [(UInt8(1), 110), (2, 8), (10, 16)] {
            bytes[0] = family
            let address = bytes.withUnsafeBytes { bytes in bytes.baseAddress.flatMap { IPAddress(socketAddress: $0, length: length) } }
            #expect(address == nil)
        }
    }

    @Test func `a name is looked up fully qualified and shown without the dot`() throws {
        var policy = AddressPolicy.strict
        let target = try DeliveryTarget("http://Example.com:8080/a?b=c", policy: policy)
        #expect(target.dialText == "http://example.com.:8080/a?b=c")
        #expect(target.hostHeader == "example.com:8080")
        #expect(try DeliveryTarget("https://example.com/", policy: policy).dialText == "https://example.com./")
        #expect(try DeliveryTarget("https://8.8.8.8/", policy: policy).dialText == "https://8.8.8.8/")
        policy.qualifiesNames = false
        #expect(try DeliveryTarget("https://example.com/", policy: policy).dialText == "https://example.com/")
    }

    @Test(arguments: [
        ("Jan  1 00:00:00 1970 GMT", 0), ("Nov 24 02:03:05 2027 GMT", 1_827_021_785), ("Feb 29 12:00:00 2028 GMT", 1_835_438_400),
        ("Mar  1 00:00:00 2000 GMT", 951_868_800), ("Dec 31 23:59:59 9999 GMT", 253_402_300_799),
    ])
    func `a certificate's date is read`(text: String, seconds: Int64) {
        #expect(CertificateDate.seconds(text) == seconds)
    }

    @Test(arguments: ["", "2027-11-24", "Foo 24 02:03:05 2027 GMT", "Nov 99 02:03:05 2027 GMT", "Nov 24 02:03 2027 GMT", "Nov 24 02:03:05 2027 CET"])
    func `what is no certificate date is nothing`(text: String) {
        #expect(CertificateDate.seconds(text) == nil)
    }
}
