internal import CLibCurl
internal import Primitives

/// One transfer's settings in libcurl, used again for the next one: https://curl.se/libcurl/c/curl_easy_setopt.html
///
/// Owned by the loop's thread. A handle that is still in a multi handle must not go away; the loop removes it first.
@safe final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    /// Referenced, not copied, by curl until the transfer has ended.
    private var headers: UnsafeMutablePointer<curl_slist>?

    init?() {
        guard let raw = unsafe curl_easy_init() else { return nil }
        unsafe self.raw = raw
    }

    deinit {
        unsafe curl_easy_cleanup(raw)
        unsafe curl_slist_free_all(headers)
    }

    /// `transfer` is not retained: it must outlive its time in the multi handle.
    /// False when memory ran out: a transfer with a part of its settings is never started.
    func prepare(for transfer: Transfer, trustRoots: String?) -> Bool {
        unsafe curl_easy_reset(raw)
        unsafe curl_slist_free_all(headers)
        unsafe headers = nil
        return setRules(trustRoots: trustRoots, isHTTPS: transfer.request.url.isHTTPS) && setCallbacks(for: transfer) && setRequest(transfer.request)
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

    private func setRequest(_ request: DeliveryRequest) -> Bool {
        var isSet = set(CURLOPT_URL, request.url.dialText)
        let timeout = max(1, request.timeout.milliseconds)
        isSet = set(CURLOPT_TIMEOUT_MS, Int(min(timeout, Self.longestTimeout))) && isSet
        isSet = set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(timeout, max(1, request.connectTimeout.milliseconds), Self.longestTimeout))) && isSet
        switch (request.method, request.body.isEmpty) {
        case ("GET", true): isSet = set(CURLOPT_HTTPGET, 1) && isSet
        case ("HEAD", true): isSet = set(CURLOPT_NOBODY, 1) && isSet
        default:
            isSet = set(CURLOPT_POST, 1) && isSet
            isSet = unsafe voicera_easy_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)) == CURLE_OK && isSet
            isSet = unsafe voicera_easy_set_bytes(raw, CURLOPT_COPYPOSTFIELDS, request.body) == CURLE_OK && isSet
            if request.method != "POST" { isSet = set(CURLOPT_CUSTOMREQUEST, request.method) && isSet }
        }
        return setHeaders(request) && isSet
    }

    private static let longestTimeout: Int64 = 24 * 3_600_000

    private func setHeaders(_ request: DeliveryRequest) -> Bool {
        // A name without value removes what curl would add.
        var isSet = append("Expect:")
        var hasType = request.body.isEmpty
        for (name, value) in request.headers {
            if name.utf8.count == 12, name.lowercased() == "content-type" { hasType = true }
            isSet = append(value.isEmpty ? "\(name);" : "\(name): \(value)") && isSet
        }
        if !hasType || request.body.isEmpty && request.method == "POST" { isSet = append("Content-Type:") && isSet }
        if let host = request.url.hostHeader { isSet = append("Host: \(host)") && isSet }
        return unsafe voicera_easy_set_list(raw, CURLOPT_HTTPHEADER, headers) == CURLE_OK && isSet
    }

    private func append(_ line: String) -> Bool {
        guard let longer = unsafe curl_slist_append(headers, line) else { return false }
        unsafe headers = longer
        return true
    }

    private func setCallbacks(for transfer: Transfer) -> Bool {
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
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
