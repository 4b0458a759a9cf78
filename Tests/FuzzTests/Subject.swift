/// Something of ours that reads what others wrote, and what holds of it for every input.
struct Subject: Sendable {
    let name: String
    /// Good inputs, from which others are made.
    let seeds: [[UInt8]]
    /// What does not hold; nil when everything does. Whether it takes the input at all is its own affair.
    let check: @Sendable ([UInt8]) -> String?

    init(_ name: String, _ seeds: [String], check: @escaping @Sendable ([UInt8]) -> String?) {
        self.name = name
        self.seeds = seeds.map { Array($0.utf8) }
        self.check = check
    }

    /// For what reads text: bytes that are none come as HTTP would hand them on.
    init(_ name: String, _ seeds: [String], text check: @escaping @Sendable (String) -> String?) {
        self.init(name, seeds) { bytes in check(String(decoding: bytes, as: UTF8.self)) }
    }
}
