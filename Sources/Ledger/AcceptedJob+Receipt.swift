package import Primitives

extension AcceptedJob {
    private static let duplicateMark: Character = "*"

    /// What an idempotency key keeps of the answer: the id, and whether the job was one that was pending already.
    var receipt: String { isDuplicate ? "\(id)\(Self.duplicateMark)" : id.description }

    /// Of a stored answer; nil unless it is one that `JobWriter` stored.
    package static func accepted(inReceipts answer: String) -> [(id: JobID, isDuplicate: Bool)]? {
        var jobs: [(id: JobID, isDuplicate: Bool)] = []
        for receipt in answer.split(separator: " ") {
            let isDuplicate = receipt.last == duplicateMark
            guard let id = JobID(String(isDuplicate ? receipt.dropLast() : receipt)) else { return nil }
            jobs.append((id, isDuplicate))
        }
        return jobs
    }
}
