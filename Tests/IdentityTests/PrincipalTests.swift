import Identity
import Primitives
import Testing

@Suite struct PrincipalTests {
    @Test func `two programs of one person are not one principal`() {
        let user = IdentifierSource.system.next(User.self)
        let (one, other) = (IdentifierSource.system.next(OAuthClient.self), IdentifierSource.system.next(OAuthClient.self))
        #expect(Credential.Principal.user(user, by: one).whole != Credential.Principal.user(user, by: other).whole)
        #expect(Credential.Principal.client(one).whole == one.description)
    }
}
