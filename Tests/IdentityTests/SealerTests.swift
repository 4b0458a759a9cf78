import Identity
import Primitives
import Testing

@Suite struct SealerTests {
    private let sealer: Sealer
    private let workspace: WorkspaceID = IdentifierSource.system.next()
    private let endpoint: EndpointID = IdentifierSource.system.next()
    private let secret: [UInt8] = Array("a secret of the customer's".utf8)

    init() throws { sealer = try Sealer(secret: Redacted(Sealer.randomKey())) }

    private var context: String { Sealer.endpointContext(workspace: workspace, endpoint: endpoint) }

    @Test func `a secret is opened where it was sealed, and rests unreadable and never twice alike`() throws {
        let sealed = try sealer.seal(Redacted(secret), context: context)
        #expect(try sealer.open(sealed, context: context).exposed == secret)
        #expect(sealed.keyID == sealer.keyID && sealed.bytes.firstRange(of: secret) == nil)
        #expect(try sealer.seal(Redacted(secret), context: context).bytes != sealed.bytes)
    }

    @Test func `a secret of another workspace or endpoint is not opened`() throws {
        let sealed = try sealer.seal(Redacted(secret), context: context)
        let others = [
            Sealer.endpointContext(workspace: IdentifierSource.system.next(), endpoint: endpoint),
            Sealer.endpointContext(workspace: workspace, endpoint: IdentifierSource.system.next()), "",
        ]
        for other in others { #expect(throws: Sealer.Failure.notAuthentic) { try sealer.open(sealed, context: other) } }
    }

    @Test func `a secret of which a bit was changed, or a part is missing, is not opened`() throws {
        let sealed = try sealer.seal(Redacted(secret), context: context)
        for place in sealed.bytes.indices {
            var altered = sealed
            altered.bytes[place] ^= 1
            #expect(throws: Sealer.Failure.notAuthentic) { try sealer.open(altered, context: context) }
        }
        for length in [0, 1, 27, sealed.bytes.count - 1] {
            let cut = Sealed(bytes: Array(sealed.bytes.prefix(length)), keyID: sealed.keyID)
            #expect(throws: Sealer.Failure.notAuthentic) { try sealer.open(cut, context: context) }
        }
    }

    @Test func `another key is named as what is missing, and a wrong one under the right name opens nothing`() throws {
        let other = try Sealer(secret: Redacted(Sealer.randomKey()))
        let sealed = try other.seal(Redacted(secret), context: context)
        #expect(other.keyID != sealer.keyID)
        #expect(throws: Sealer.Failure.unknownKey) { try sealer.open(sealed, context: context) }
        let renamed = Sealed(bytes: sealed.bytes, keyID: sealer.keyID)
        #expect(throws: Sealer.Failure.notAuthentic) { try sealer.open(renamed, context: context) }
    }

    @Test(arguments: ["", "short", "aGlkZGVu", Sealer.randomKey() + "AAAA"])
    func `what is no key makes no sealer`(text: String) {
        #expect(throws: Sealer.Failure.malformedKey) { try Sealer(secret: Redacted(text)) }
    }
}
