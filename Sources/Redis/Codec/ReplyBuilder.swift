/// Puts a reply together from the elements that the reader meets, in the order it meets them.
///
/// hiredis would hand us a tree of its own, allocated node by node, only for us to copy and free it; its callbacks let us build ours at once.
final class ReplyBuilder {
    private struct Frame {
        var elements: [RedisValue]
        var missing: Int
    }
    private var open: [Frame] = []
    private var finished: RedisValue?

    /// The whole reply, once.
    func take() -> RedisValue? {
        defer { finished = nil }
        return finished
    }

    func add(_ value: RedisValue) {
        var value = value
        while let depth = open.indices.last {
            open[depth].elements.append(value)
            open[depth].missing -= 1
            guard open[depth].missing == 0 else { return }
            value = .array(open.removeLast().elements)
        }
        finished = value
    }

    func addArray(count: Int) {
        guard count > 0 else { return add(.array([])) }
        var elements: [RedisValue] = []
        // The count is the server's word: memory follows the elements that really come.
        elements.reserveCapacity(min(count, 4096))
        open.append(Frame(elements: elements, missing: count))
    }
}
