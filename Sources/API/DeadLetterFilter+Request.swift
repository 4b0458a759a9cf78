import Foundation
import Ledger
import Primitives

/// Filters of dead letters as clients write them: in a list's parameters, in an order's body, and in a group's link.
extension DeadLetterFilter {
    static let names: Set<String> = ["kind", "queue", "lane", "webhookId", "errorClass", "fingerprint", "diedAfter", "diedBefore"]

    init(_ query: inout Query, workspace: WorkspaceID) {
        let lane = query.text("lane")
        let endpoint = query.id("webhookId", of: EndpointID.self)
        self.init(
            kind: query.text("kind"), queue: query.text("queue"), lanes: Self.lanes(lane, endpoint, workspace: workspace),
            errorClass: query.text("errorClass"), fingerprint: query.text("fingerprint"), diedAfter: query.time("diedAfter"),
            diedBefore: query.time("diedBefore"))
    }

    /// A misspelled member is refused: without it the filter would be for more than was meant.
    init(_ json: RawJSON, at pointer: String, workspace: WorkspaceID) throws(Problem) {
        var fields = Fields(json, at: pointer)
        fields.allow(only: Self.names)
        let lane = fields.text("lane", longest: 256)
        let endpoint = fields.text("webhookId", longest: 64).flatMap { text in
            EndpointID(text) ?? fields.refused("webhookId", "must be an id that begins with whk_")
        }
        if lane != nil, endpoint != nil { fields.refuse("webhookId", "goes without a lane: an endpoint's lane is its id") }
        self.init(
            kind: fields.text("kind", longest: 128), queue: fields.text("queue", longest: 128),
            lanes: Self.lanes(lane, endpoint, workspace: workspace), errorClass: fields.text("errorClass", longest: 256),
            fingerprint: fields.text("fingerprint", longest: 64), diedAfter: fields.time("diedAfter"), diedBefore: fields.time("diedBefore"))
        try fields.finish()
    }

    /// An endpoint's lane is its id: with another lane beside it nothing is let through.
    private static func lanes(_ lane: String?, _ endpoint: EndpointID?, workspace: WorkspaceID) -> [String]? {
        let candidates = lane.map { LaneName.candidates($0, workspace: workspace) }
        guard let endpoint else { return candidates }
        return (candidates ?? [endpoint.description]).filter { $0 == endpoint.description }
    }

    /// What is asked for, by the names that clients use.
    func members(workspace: WorkspaceID) -> [(name: String, text: String)] {
        let members: [(String, String?)] = [
            ("kind", kind), ("queue", queue), ("lane", lanes?.last.map { LaneName.shown($0, workspace: workspace) }), ("errorClass", errorClass),
            ("fingerprint", fingerprint), ("diedAfter", diedAfter.map(RFC3339.text)), ("diedBefore", diedBefore.map(RFC3339.text)),
        ]
        return members.compactMap { name, text in text.map { (name, $0) } }
    }

    func json(workspace: WorkspaceID) -> JSON { .object(members(workspace: workspace).map { ($0.name, .string($0.text)) }) }

    /// The list of those that the filter lets pass.
    func link(workspace: WorkspaceID) -> String {
        let allowed = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\u{0}"..."\u{7f}")).union(CharacterSet(charactersIn: "-._~"))
        let parameters = members(workspace: workspace).map { "\($0.name)=\($0.text.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }
        return "/api/dead-letters" + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
    }

    /// Narrowed to a group; nil for the group of those that lack what they are grouped by.
    func narrowed(to group: DeadLetterGroup, by grouping: DeadLetterGrouping) -> DeadLetterFilter? {
        guard let key = group.key else { return nil }
        var filter = self
        switch grouping {
        case .fingerprint: filter.fingerprint = key
        case .kind: filter.kind = key
        case .errorClass: filter.errorClass = key
        case .lane: filter.lanes = [key]
        case .queue: filter.queue = key
        }
        return filter
    }
}
