import HTTPTypes
import Hummingbird

/// Versions as strong entity tags: `"3"`.
extension Call {
    static func tag(_ version: Int32) -> String { "\"\(version)\"" }

    /// Refuses a write that was meant for another version (RFC 9110, 13.1.1). Without `If-Match` every version is the right one.
    func requireMatch(_ version: Int32) throws(Problem) {
        guard let text = request.headers[.ifMatch] else { return }
        let tags = Self.tags(text)
        guard !tags.contains("*"), !tags.contains(Self.tag(version)), !tags.contains(String(version)) else { return }
        throw .versionConflict(version)
    }

    /// A read's answer: 304 without a body when the caller has this version already.
    func answer(_ json: JSON, version: Int32) -> Response {
        var response = Response(.ok, json)
        let tag = Self.tag(version)
        if let text = request.headers[.ifNoneMatch], Self.tags(text).contains(where: { $0 == "*" || $0 == tag || $0 == "W/" + tag }) {
            response = Response(status: .notModified, headers: [.cacheControl: "no-store"])
        }
        response.headers[.eTag] = tag
        return response
    }

    /// The one version that a write is meant for; nil when any is. What names several, or none of ours, is meant for another.
    func matchedVersion() throws(Problem) -> Int32? {
        guard let text = request.headers[.ifMatch] else { return nil }
        let tags = Self.tags(text)
        if tags == ["*"] { return nil }
        let versions = tags.compactMap { Int32($0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.utf8.count > 1 ? String($0.dropFirst().dropLast()) : $0) }
        guard let version = versions.first, tags.count == 1 else {
            throw Problem(status: .preconditionFailed, code: "version_conflict", detail: "If-Match holds no version that an ETag of ours named.")
        }
        return version
    }

    private static func tags(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0.trimmingPrefix { $0 == " " || $0 == "\t" }.reversed().trimmingPrefix { $0 == " " || $0 == "\t" }.reversed()) }
    }
}
