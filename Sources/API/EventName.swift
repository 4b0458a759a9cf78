/// Names of events, such as `course.completed`: two or more parts of small letters, digits and underscores.
enum EventName {
    static let longest = 128
    static let rule = "must be small letters, digits and underscores in two or more parts with dots between, such as course.completed"

    static func isValid(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return (3...longest).contains(name.utf8.count) && parts.count >= 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isAllowed) }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
