internal import CLibCurl

/// What a transfer left behind, to be read before the handle is used again: https://curl.se/libcurl/c/curl_easy_getinfo.html
extension EasyHandle {
    var status: Int { long(CURLINFO_RESPONSE_CODE) }
    var openedConnections: Int { long(CURLINFO_NUM_CONNECTS) }
    var systemError: Int32 { Int32(truncatingIfNeeded: long(CURLINFO_OS_ERRNO)) }
    /// OpenSSL's X509_V_ERR number; 0 when the certificate was found good or not looked at.
    var certificateFault: Int { long(CURLINFO_SSL_VERIFYRESULT) }
    var requestBytes: Int64 { Int64(long(CURLINFO_REQUEST_SIZE)) + offset(CURLINFO_SIZE_UPLOAD_T) }
    var uploadedBytes: Int64 { offset(CURLINFO_SIZE_UPLOAD_T) }

    var httpVersion: String {
        switch long(CURLINFO_HTTP_VERSION) {
        case CURL_HTTP_VERSION_1_0: "1.0"
        case CURL_HTTP_VERSION_2_0: "2"
        case CURL_HTTP_VERSION_3: "3"
        default: "1.1"
        }
    }

    var timings: DeliveryTimings {
        var timings = DeliveryTimings()
        timings.nameLookup = .microseconds(offset(CURLINFO_NAMELOOKUP_TIME_T))
        timings.connect = .microseconds(offset(CURLINFO_CONNECT_TIME_T))
        timings.tls = .microseconds(offset(CURLINFO_APPCONNECT_TIME_T))
        timings.firstByte = .microseconds(offset(CURLINFO_STARTTRANSFER_TIME_T))
        timings.total = .microseconds(offset(CURLINFO_TOTAL_TIME_T))
        return timings
    }

    /// Such as `TLSv1.3`; nil without TLS, and when the transfer has no connection any more.
    var tlsVersion: String? { unsafe voicera_easy_tls_version(raw).map { unsafe String(cString: $0) } }

    /// The receiver's own certificate (the first of the chain), when this transfer made the handshake.
    var certificate: DeliveryResponse.Certificate? {
        var chain: UnsafeMutablePointer<curl_certinfo>?
        guard unsafe voicera_easy_get_certificates(raw, &chain) == CURLE_OK, let chain = unsafe chain, unsafe chain.pointee.num_of_certs > 0 else {
            return nil
        }
        let prefix = "Expire date:"
        var field = unsafe chain.pointee.certinfo[0]
        while let line = unsafe field {
            let text = unsafe String(cString: line.pointee.data)
            if text.hasPrefix(prefix) { return CertificateDate.seconds(text.dropFirst(prefix.count)).map(DeliveryResponse.Certificate.init) }
            unsafe field = line.pointee.next
        }
        return nil
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        return unsafe voicera_easy_get_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    private func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return unsafe voicera_easy_get_offset(raw, info, &value) == CURLE_OK ? Int64(value) : 0
    }
}
