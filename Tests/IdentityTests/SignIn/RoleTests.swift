import Identity
import Ledger
import Testing

@Suite struct RoleTests {
    @Test func `each role may grant what the one below may, and more`() {
        #expect(UserRole.learner.grantable == [.coursesRead])
        #expect(UserRole.learner.grantable.isStrictSubset(of: UserRole.developer.grantable))
        #expect(UserRole.developer.grantable.isStrictSubset(of: UserRole.admin.grantable))
    }

    @Test func `nobody's role gives away what all workspaces share`() {
        for role in UserRole.allCases { #expect(!role.grantable.contains(.fleet)) }
        #expect(UserRole.admin.grantable == Scope.all.subtracting([.fleet]))
        #expect(UserRole.developer.grantable.isDisjoint(with: [.usersWrite, .workspaceWrite, .operator]))
    }

    @Test func `every scope has plain words of its own`() { #expect(Set(Scope.allCases.map(\.plainWords)).count == Scope.allCases.count) }
}
