internal import CLibCurl
internal import Glibc
internal import Primitives

/// What libcurl calls during a transfer, on the loop's thread; the context is the `EasyHandle`, which the loop keeps alive as long as its transfer.

private func transfer(_ context: UnsafeMutableRawPointer) -> Transfer? {
    unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().transfer?.takeUnretainedValue()
}

/// Taking fewer bytes than offered ends the transfer: https://curl.se/libcurl/c/CURLOPT_WRITEFUNCTION.html
func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?) -> Int {
    guard let transfer = unsafe context.flatMap({ unsafe transfer($0) }) else { return 0 }
    let isWanted = unsafe transfer.response.append(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
    return isWanted ? size * count : Int(CURL_WRITEFUNC_ERROR)
}

func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?) -> Int {
    guard let transfer = unsafe context.flatMap({ unsafe transfer($0) }) else { return 0 }
    let isWanted = unsafe transfer.response.append(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
    return isWanted ? size * count : Int(CURL_WRITEFUNC_ERROR)
}

/// The address guard at dial. Not called when a connection is reused: https://curl.se/libcurl/c/CURLOPT_OPENSOCKETFUNCTION.html
func openSocket(_ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ target: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
    guard let transfer = unsafe context.flatMap({ unsafe transfer($0) }), let target = unsafe target, purpose == CURLSOCKTYPE_IPCXN,
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)
    else { return voicera_bad_socket() }
    let kind = unsafe target.pointee
    let address = unsafe IPAddress(socketAddress: UnsafeRawPointer(target) + offset, length: Int(kind.addrlen))
    transfer.hasResolved = true
    guard transfer.dialGuard.permits(address) else { return voicera_bad_socket() }
    let descriptor = socket(kind.family, kind.socktype | Int32(SOCK_CLOEXEC.rawValue), kind.protocol)
    if descriptor < 0 { transfer.socketError = errno }
    return descriptor
}

/// Only takes note that the handshake begins: curl's clock shows a TCP connection only once TLS has succeeded on it.
func beginTLS(_ easy: UnsafeMutableRawPointer?, _ tls: UnsafeMutableRawPointer?, _ context: UnsafeMutableRawPointer?) -> CURLcode {
    unsafe context.flatMap { unsafe transfer($0) }?.hasBegunTLS = true
    return CURLE_OK
}

/// The address guard before each request, on a new or a reused connection: https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html
func beforeRequest(
    _ context: UnsafeMutableRawPointer?, _ remote: UnsafeMutablePointer<CChar>?, _ local: UnsafeMutablePointer<CChar>?, _ remotePort: Int32,
    _ localPort: Int32
) -> Int32 {
    guard let transfer = unsafe context.flatMap({ unsafe transfer($0) }) else { return Int32(CURL_PREREQFUNC_ABORT) }
    let address = unsafe remote.flatMap { unsafe IPAddress(String(cString: $0)) }
    guard transfer.dialGuard.permits(address) else { return Int32(CURL_PREREQFUNC_ABORT) }
    transfer.isConnected = true
    if transfer.request.url.isHTTPS { transfer.tlsVersion = transfer.easy.tlsVersion }
    return Int32(CURL_PREREQFUNC_OK)
}
