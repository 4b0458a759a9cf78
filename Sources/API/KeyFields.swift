import Identity
import Ledger
import Postgres
import Primitives

/// What a request says of a key.
struct KeyWish: Sendable {
    var name: String?
    var scopes: Set<Scope>?
    var networks: [Network]?
    /// `.some(nil)`: never.
    var expiresAt: Int64??

    static let longestName = 200
    static let mostScopes = 64
    static let mostNetworks = 100

    init(_ json: RawJSON, isNew: Bool) throws(Problem) {
        var fields = Fields(json)
        fields.allow(only: ["name", "scopes", "allowedNetworks", "expiresAt"])
        name = fields.text("name", required: isNew, longest: Self.longestName)
        scopes = fields.scopes("scopes", required: isNew, most: Self.mostScopes)
        networks = fields.networks("allowedNetworks", most: Self.mostNetworks)
        if json["expiresAt"]?.isNull == true { expiresAt = .some(nil) } else if let time = fields.time("expiresAt") { expiresAt = time }
        try fields.finish()
    }
}

extension Fields {
    mutating func scopes(_ name: String, required: Bool, most: Int) -> Set<Scope>? {
        guard let texts = texts(name, required: required, 1...most) else { return nil }
        return Set(
            texts.enumerated().compactMap { index, text in
                Scope(rawValue: text) ?? refused("\(name)/\(index)", raw: true, "is no scope; there are \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")
            })
    }

    mutating func networks(_ name: String, most: Int) -> [Network]? {
        guard let texts = texts(name, required: false, 0...most) else { return nil }
        return texts.enumerated().compactMap { index, text in
            do throws(Network.Malformed) {
                return try Network(text)
            } catch {
                // The answer shows the network that was meant.
                if case .meant(let network) = error { return network }
                return refused("\(name)/\(index)", raw: true, error.description)
            }
        }
    }

    /// Each as it is; what is wrong with one is said at its own place.
    private mutating func texts(_ name: String, required: Bool, _ count: ClosedRange<Int>) -> [String]? {
        guard let value = value(name, required: required) else { return nil }
        guard let elements = value.elements, count.contains(elements.count) else {
            return refused(name, "must be an array of \(count.lowerBound) to \(count.upperBound) strings")
        }
        return elements.enumerated().compactMap { index, element in element.string ?? refused("\(name)/\(index)", raw: true, "must be a string") }
    }

    /// - Parameter path: of the place below the object, escaped already.
    private mutating func refused<Value>(_ path: String, raw: Bool, _ reason: String) -> Value? {
        add([.body("\(pointer(to: ""))\(path)", reason)])
        return nil
    }
}

/// What a caller may give to a key: no scope that they lack; when they are held to networks themselves, nothing outside of these; and when their own key
/// ends, nothing that goes on after it (decision 58).
struct KeyBounds: Sendable {
    private let scopes: Set<Scope>
    private let networks: [Network]
    /// When the caller's own key ends, microseconds since 1970; nil for never. Who comes with a token has none: that is over in minutes, and ends with
    /// its grant.
    let end: Int64?

    init(_ call: Call, on connection: PostgresConnection) async throws {
        scopes = call.credential.scopes
        networks = call.networks
        guard case .key(let id) = call.credential.principal else {
            end = nil
            return
        }
        guard let own = try await APIKeyTable.find(id, workspace: call.workspace, on: connection) else { throw Problem.invalidKey }
        end = own.expiresAt
    }

    /// - Parameters:
    ///   - wanted: nil when it is not asked for.
    ///   - wantedNetworks: empty for everywhere.
    ///   - wantedEnd: `.some(nil)` for never.
    func check(scopes wanted: Set<Scope>?, networks wantedNetworks: [Network]?, expiresAt wantedEnd: Int64??) throws(Problem) {
        var faults: [Problem.Fault] = []
        let missing = (wanted ?? []).subtracting(scopes).names
        if !missing.isEmpty { faults.append(.body("/scopes", "you do not have \(missing.joined(separator: ", ")) yourself")) }
        if let wantedNetworks, !networks.isEmpty {
            let isInside = !wantedNetworks.isEmpty && wantedNetworks.allSatisfy { wanted in networks.contains { $0.contains(wanted) } }
            if !isInside { faults.append(.body("/allowedNetworks", "must lie in the networks that you may come from yourself")) }
        }
        if let wantedEnd, !isWithin(wantedEnd) { faults.append(.body("/expiresAt", "must be set, and not later than your own key's end")) }
        if !faults.isEmpty { throw .beyondCaller(faults) }
    }

    /// Whoever changes a key, or sees a secret of it, could use it.
    /// - Parameter showsSecret: whether the caller could go on by it after the end of their own.
    func check(_ key: APIKeyListing, showsSecret: Bool = false) throws(Problem) {
        let missing = Set<Scope>(names: key.scopes).subtracting(scopes).names
        if !missing.isEmpty { throw .beyondCaller([.body("", "the key has \(missing.joined(separator: ", ")), which you do not have yourself")]) }
        if showsSecret, !isWithin(key.expiresAt) { throw .beyondCaller([.body("", "the key goes on after your own has ended")]) }
        guard !networks.isEmpty else { return }
        let theirs = key.networks.compactMap { try? Network($0) }
        let isInside = !theirs.isEmpty && theirs.count == key.networks.count && theirs.allSatisfy { one in networks.contains { $0.contains(one) } }
        if !isInside { throw .beyondCaller([.body("", "the key may be used from where you may not")]) }
    }

    private func isWithin(_ wanted: Int64?) -> Bool {
        guard let end else { return true }
        return wanted.map { $0 <= end } ?? false
    }
}
