internal import CLibCurl
internal import Glibc

/// The header lines of a request as libcurl reads them, in one piece of memory that the next request of the handle uses again: the nodes of the
/// list first, their texts behind them. libcurl keeps the pointer until the transfer has ended, and frees nothing of it.
@safe final class HeaderLines {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    init() { unsafe memory = nil }

    deinit { unsafe free(memory) }

    /// Nil when memory ran out.
    func list(of request: DeliveryRequest) -> UnsafeMutablePointer<curl_slist>? {
        // A name without value removes what curl would add.
        var own = ["Expect:"]
        let mayHaveType = request.body.isEmpty
            ? request.method != "POST" : request.headers.contains { $0.name.utf8.count == 12 && $0.name.lowercased() == "content-type" }
        if !mayHaveType { own.append("Content-Type:") }
        if let host = request.url.hostHeader { own.append("Host: " + host) }

        let count = own.count + request.headers.count
        let nodeBytes = unsafe count * MemoryLayout<curl_slist>.stride
        let textBytes = own.reduce(0) { $0 + $1.utf8.count + 1 } + request.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 }
        guard let start = unsafe room(for: nodeBytes + textBytes) else { return nil }
        let nodes = unsafe start.bindMemory(to: curl_slist.self, capacity: count)
        var text = unsafe (start + nodeBytes).assumingMemoryBound(to: UInt8.self)
        for index in 0..<count {
            let next = unsafe index + 1 < count ? nodes + index + 1 : nil
            unsafe (nodes + index).initialize(to: curl_slist(data: UnsafeMutableRawPointer(text).assumingMemoryBound(to: CChar.self), next: next))
            if index < own.count {
                unsafe Self.put(own[index], at: &text)
            } else {
                let (name, value) = request.headers[index - own.count]
                unsafe Self.put(name, at: &text)
                // A semicolon sends the header with nothing in it.
                unsafe Self.put(value.isEmpty ? ";" : ": ", at: &text)
                unsafe Self.put(value, at: &text)
            }
            unsafe text.pointee = 0
            unsafe text += 1
        }
        return unsafe nodes
    }

    private func room(for size: Int) -> UnsafeMutableRawPointer? {
        if size > capacity {
            unsafe free(memory)
            capacity = max(size, 1024)
            unsafe memory = malloc(capacity)
            if unsafe memory == nil { capacity = 0 }
        }
        return unsafe memory
    }

    private static func put(_ piece: String, at text: inout UnsafeMutablePointer<UInt8>) {
        for byte in piece.utf8 {
            unsafe text.pointee = byte
            unsafe text += 1
        }
    }
}
