internal import CLibCurl
internal import Primitives

/// One transfer's settings in libcurl, used again for the next one: https://curl.se/libcurl/c/curl_easy_setopt.html
///
/// A handle whose last transfer ended well keeps what the next one has in common with it: setting all of it anew costs as much as a request.
/// Owned by the loop's thread. A handle that is still in a multi handle must not go away; the loop removes it first.
@safe final class EasyHandle {
    /// What a handle keeps only for a transfer of the same kind.
    private struct Kind: Equatable {
        let isHTTPS: Bool
        let method: String
        let hasBody: Bool
    }

    let raw: UnsafeMutableRawPointer
    /// Whom libcurl's callbacks are for. Not retained: the loop keeps it from `prepare` until it has left the multi handle.
    private(set) var transfer: Unmanaged<Transfer>?
    private let lines = HeaderLines()
    private var kind: Kind?
    private var url = ""

    init?() {
        guard let raw = unsafe curl_easy_init() else { return nil }
        unsafe self.raw = raw
        unsafe transfer = nil
    }

    deinit { unsafe curl_easy_cleanup(raw) }

    /// False when memory ran out: a transfer with a part of its settings is never started.
    func prepare(for transfer: Transfer, trustRoots: String?) -> Bool {
        unsafe self.transfer = Unmanaged.passUnretained(transfer)
        let request = transfer.request
        let kind = Kind(isHTTPS: request.url.isHTTPS, method: request.method, hasBody: !request.body.isEmpty)
        if kind != self.kind {
            forget()
            unsafe curl_easy_reset(raw)
            guard setRules(trustRoots: trustRoots, isHTTPS: kind.isHTTPS), setCallbacks(), setMethod(kind) else { return false }
        }
        // A part of the settings is no kind to go on from.
        self.kind = setRequest(request) ? kind : nil
        return self.kind != nil
    }

    /// What a failed transfer has left behind, such as the verdict on a certificate, must not speak for the next one.
    func forget() {
        kind = nil
        url = ""
    }

    /// What holds for every delivery.
    private func setRules(trustRoots: String?, isHTTPS: Bool) -> Bool {
        // Signals belong to the process, not to a library's timer.
        var isSet = set(CURLOPT_NOSIGNAL, 1)
        // A lookup that outlives its transfer is left behind; without this, ending the transfer waits for the resolver and stops the loop.
        isSet = set(CURLOPT_QUICK_EXIT, 1) && isSet
        isSet = set(CURLOPT_PROTOCOLS_STR, "http,https") && isSet
        isSet = set(CURLOPT_FOLLOWLOCATION, 0) && isSet
        // An empty text is "none"; unset would mean the environment's http_proxy.
        isSet = set(CURLOPT_PROXY, "") && set(CURLOPT_NOPROXY, "*") && isSet
        // A receiver that moved is found again within five minutes, however busy its connections are.
        isSet = set(CURLOPT_MAXAGE_CONN, 60) && set(CURLOPT_MAXLIFETIME_CONN, 300) && isSet
        guard isHTTPS else { return set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)) && isSet }
        isSet = set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)) && isSet
        // One path and no CApath: the condition under which curl caches the parsed certificates.
        isSet = set(CURLOPT_CAINFO, trustRoots) && set(CURLOPT_CAPATH, nil) && isSet
        isSet = set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)) && isSet
        // The cache is the handle's, and the next transfer of this handle goes elsewhere.
        return set(CURLOPT_SSL_SESSIONID_CACHE, 0) && set(CURLOPT_CERTINFO, 1) && isSet
    }

    private func setMethod(_ kind: Kind) -> Bool {
        switch (kind.method, kind.hasBody) {
        case ("GET", false): set(CURLOPT_HTTPGET, 1)
        case ("HEAD", false): set(CURLOPT_NOBODY, 1)
        case ("POST", _): set(CURLOPT_POST, 1)
        default: set(CURLOPT_POST, 1) && set(CURLOPT_CUSTOMREQUEST, kind.method)
        }
    }

    private func setRequest(_ request: DeliveryRequest) -> Bool {
        var isSet = true
        if request.url.dialText != url {
            url = request.url.dialText
            isSet = set(CURLOPT_URL, url)
        }
        let timeout = max(1, request.timeout.milliseconds)
        isSet = set(CURLOPT_TIMEOUT_MS, Int(min(timeout, Self.longestTimeout))) && isSet
        isSet = set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(timeout, max(1, request.connectTimeout.milliseconds), Self.longestTimeout))) && isSet
        if !request.body.isEmpty || request.method != "GET" && request.method != "HEAD" {
            isSet = unsafe voicera_easy_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)) == CURLE_OK && isSet
            isSet = unsafe voicera_easy_set_bytes(raw, CURLOPT_COPYPOSTFIELDS, request.body) == CURLE_OK && isSet
        }
        guard let headers = unsafe lines.list(of: request) else { return false }
        return unsafe voicera_easy_set_list(raw, CURLOPT_HTTPHEADER, headers) == CURLE_OK && isSet
    }

    private static let longestTimeout: Int64 = 24 * 3_600_000

    private func setCallbacks() -> Bool {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        var isSet = true
        for option in [CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA, CURLOPT_SSL_CTX_DATA] {
            isSet = unsafe voicera_easy_set_context(raw, option, context) == CURLE_OK && isSet
        }
        return unsafe voicera_easy_set_bytes_function(raw, CURLOPT_WRITEFUNCTION, receiveBody) == CURLE_OK
            && voicera_easy_set_bytes_function(raw, CURLOPT_HEADERFUNCTION, receiveHeader) == CURLE_OK
            && voicera_easy_set_open_socket(raw, openSocket) == CURLE_OK
            && voicera_easy_set_tls_function(raw, beginTLS) == CURLE_OK
            && voicera_easy_set_before_request(raw, beforeRequest) == CURLE_OK && isSet
    }

    private func set(_ option: CURLoption, _ value: Int) -> Bool { unsafe voicera_easy_set_long(raw, option, value) == CURLE_OK }
    private func set(_ option: CURLoption, _ value: String?) -> Bool { unsafe voicera_easy_set_text(raw, option, value) == CURLE_OK }
}
