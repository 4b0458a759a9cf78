import Ledger
import Primitives

/// Jobs and what follows them, as a client sent them: one list in which a job stands behind those it waits for, and the shape in which the answer
/// names them.
struct JobTree {
    struct Node {
        /// Place in `jobs`.
        let index: Int
        var followers: [Node]
    }

    private(set) var jobs: [NewJob] = []
    private(set) var follows: [JobFollow] = []
    private(set) var roots: [Node] = []
    /// What follows all of a batch.
    private(set) var followers: [Node] = []

    static let most = 1000
    private static let mostFollowers = 20
    private static let deepest = 5

    /// One job, with what follows it.
    init(_ json: RawJSON, by submission: JobSubmission, faults: inout [Problem.Fault]) throws(Problem) {
        if let root = try add(json, at: "", after: [], depth: 0, submission, &faults) { roots = [root] }
    }

    /// A batch, with what follows each and all of them.
    init(batch elements: [RawJSON], at pointer: String, then: RawJSON?, by submission: JobSubmission, faults: inout [Problem.Fault]) throws(Problem) {
        for (index, element) in elements.enumerated() {
            if let root = try add(element, at: "\(pointer)/\(index)", after: [], depth: 0, submission, &faults) { roots.append(root) }
        }
        guard let then, !then.isNull else { return }
        for root in roots { jobs[root.index].hasFollowers = true }
        followers = try add(following: then, at: "/then", after: roots.map { jobs[$0.index].id }, depth: 1, submission, &faults)
    }

    private mutating func add(
        _ json: RawJSON, at pointer: String, after predecessors: [JobID], depth: Int, _ submission: JobSubmission, _ faults: inout [Problem.Fault]
    ) throws(Problem) -> Node? {
        guard jobs.count < Self.most else {
            faults.append(.body(pointer, "is one job more than the \(Self.most) that a request may have, followers included"))
            return nil
        }
        let job = try submission.read(json, at: pointer, faults: &faults)
        let index = jobs.count
        if var job {
            job.blockedBy = Int32(predecessors.count)
            jobs.append(job)
            follows += predecessors.map { JobFollow(predecessor: $0, follower: job.id) }
        }
        guard let then = json["then"], !then.isNull else { return job == nil ? nil : Node(index: index, followers: []) }
        // Read even behind a job that is wrong, so that all faults come in one answer.
        let followers = try add(following: then, at: pointer + "/then", after: job.map { [$0.id] } ?? [], depth: depth + 1, submission, &faults)
        guard job != nil else { return nil }
        jobs[index].hasFollowers = true
        return Node(index: index, followers: followers)
    }

    private mutating func add(
        following json: RawJSON, at pointer: String, after predecessors: [JobID], depth: Int, _ submission: JobSubmission,
        _ faults: inout [Problem.Fault]
    ) throws(Problem) -> [Node] {
        guard depth <= Self.deepest else {
            faults.append(.body(pointer, "is nested deeper than \(Self.deepest) levels"))
            return []
        }
        let elements = json.kind == .array ? json.elements ?? [] : [json]
        guard (1...Self.mostFollowers).contains(elements.count) else {
            faults.append(.body(pointer, "must be a job or an array of 1 to \(Self.mostFollowers) jobs"))
            return []
        }
        var nodes: [Node] = []
        for (index, element) in elements.enumerated() {
            let pointer = json.kind == .array ? "\(pointer)/\(index)" : pointer
            if let node = try add(element, at: pointer, after: predecessors, depth: depth, submission, &faults) { nodes.append(node) }
        }
        return nodes
    }

    // MARK: The answer

    /// - Parameter answers: one a job, in the order of `jobs`.
    func json(_ nodes: [Node], _ answers: [JobReceipt]) -> [JSON] {
        nodes.filter { answers.indices.contains($0.index) }.map { node in
            JobJSON.accepted(answers[node.index], followers: json(node.followers, answers))
        }
    }
}

/// What a job was answered with, now or when the request came first.
struct JobReceipt: Sendable {
    var id: JobID
    var isDuplicate: Bool
}
