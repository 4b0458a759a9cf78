internal import CLibCurl

/// A URL as libcurl reads it: https://curl.se/libcurl/c/curl_url_set.html
struct ParsedURL {
    let scheme: String
    /// Normalised: numeric IPv4 in decimal, IPv6 compressed and in brackets, percent-encoding resolved.
    let host: String
    /// `host` after IDNA.
    let asciiHost: String
    let port: UInt16
    /// With the path's dot segments resolved; begins with a slash.
    let pathAndQuery: String
    /// The whole, without fragment and default port.
    let text: String

    struct Malformed: Error { let reason: String }

    init(_ text: String) throws(Malformed) {
        guard let url = unsafe curl_url() else { throw Malformed(reason: "out of memory") }
        defer { unsafe curl_url_cleanup(url) }
        let code = unsafe curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER | CURLU_URLENCODE))
        guard code == CURLUE_OK else { throw Malformed(reason: Self.reason(code)) }
        // A scope names one of our own interfaces.
        guard unsafe Self.part(CURLUPART_ZONEID, of: url) == nil else { throw Malformed(reason: "the host has a scope") }
        _ = unsafe curl_url_set(url, CURLUPART_FRAGMENT, nil, 0)
        guard
            let scheme = unsafe Self.part(CURLUPART_SCHEME, of: url), let host = unsafe Self.part(CURLUPART_HOST, of: url), !host.isEmpty,
            let asciiHost = unsafe Self.asciiHost(of: url),
            let portText = unsafe Self.part(CURLUPART_PORT, of: url, flags: CURLU_DEFAULT_PORT), let port = UInt16(portText),
            let path = unsafe Self.part(CURLUPART_PATH, of: url),
            let whole = unsafe Self.part(CURLUPART_URL, of: url, flags: CURLU_NO_DEFAULT_PORT)
        else { throw Malformed(reason: "the host is not valid") }
        self.scheme = scheme
        self.host = host
        self.asciiHost = asciiHost
        self.port = port
        pathAndQuery = path + (unsafe Self.part(CURLUPART_QUERY, of: url).map { "?" + $0 } ?? "")
        self.text = whole
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer, flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(url, part, &text, UInt32(flags)) == CURLUE_OK else { return nil }
        return unsafe take(text)
    }

    private static func asciiHost(of url: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe voicera_url_ascii_host(url, &text) == CURLUE_OK, let host = unsafe take(text) else { return nil }
        return host.utf8.allSatisfy { $0 < 0x80 } ? host : nil
    }

    /// Copies and frees: what curl_url_get returns is the caller's.
    private static func take(_ text: UnsafeMutablePointer<CChar>?) -> String? {
        guard let text = unsafe text else { return nil }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }

    private static func reason(_ code: CURLUcode) -> String {
        switch code {
        case CURLUE_USER_NOT_ALLOWED: "the URL must not contain a user name or a password"
        case CURLUE_UNSUPPORTED_SCHEME, CURLUE_BAD_SCHEME, CURLUE_NO_SCHEME: "the URL must begin with https://"
        case CURLUE_BAD_PORT_NUMBER: "the port is not valid"
        case CURLUE_BAD_HOSTNAME, CURLUE_BAD_IPV6, CURLUE_NO_HOST: "the host is not valid"
        default: "the URL is not valid"
        }
    }
}
