/// Who has hold of what: a second one waits.
actor Claims {
    private static let pause = Duration.milliseconds(20)
    private var held: Set<String> = []

    func take(_ names: Set<String>) async throws {
        while !held.isDisjoint(with: names) { try await Task.sleep(for: Self.pause) }
        held.formUnion(names)
    }

    func release(_ names: Set<String>) { held.subtract(names) }
}
