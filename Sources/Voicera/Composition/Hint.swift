import Foundation

/// What to do next, said on standard error: a script that reads a command's output does not see it.
enum Hint {
    static func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}

/// What ends a command with 1 and one line on standard error.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
