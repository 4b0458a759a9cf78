internal import CLibCurl
internal import Glibc

/// Turns curl's result into our code. Texts are fixed: curl's own may name an address.
enum Failure {
    static func classify(
        _ code: CURLcode, hasRefusedAddress: Bool, headersExceeded: Bool, systemError: Int32, certificateFault: Int
    ) -> (DeliveryError.Code, String) {
        switch code {
        case CURLE_COULDNT_CONNECT where hasRefusedAddress, CURLE_ABORTED_BY_CALLBACK where hasRefusedAddress:
            (.addressRefused, DeliveryTarget.refusal.detail)
        case CURLE_COULDNT_CONNECT: connect(systemError)
        case CURLE_COULDNT_RESOLVE_HOST: (.dnsError, "the name could not be resolved")
        case CURLE_OPERATION_TIMEDOUT: (.timeout, "no complete answer in time")
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
            (.connectionReset, "the connection ended before the answer was complete")
        case CURLE_PEER_FAILED_VERIFICATION: (.tlsError, certificate(certificateFault))
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CERTPROBLEM, CURLE_SSL_SHUTDOWN_FAILED,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CLIENTCERT:
            (.tlsError, "the TLS handshake failed")
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_INITFAILED: (.tlsError, "the trust roots cannot be read")
        // Out of memory is also what curl says to a single line that it would not hold (100 KB): the receiver's doing, not ours.
        case CURLE_WRITE_ERROR where headersExceeded, CURLE_OUT_OF_MEMORY where headersExceeded: (.bodyTooLarge, "the response headers are too large")
        case CURLE_URL_MALFORMAT: (.invalidURL, "the URL is not valid")
        // An answer without a status line is HTTP/0.9 to curl, and that is an unsupported protocol.
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_BAD_CONTENT_ENCODING:
            (.protocolError, "the answer is not valid HTTP")
        case CURLE_OUT_OF_MEMORY: (.localLimit, "out of memory")
        default: (.other, "the transfer failed (\(code.rawValue))")
        }
    }

    private static func connect(_ systemError: Int32) -> (DeliveryError.Code, String) {
        switch systemError {
        case ECONNREFUSED: (.connectionRefused, "the receiver refused the connection")
        case ECONNRESET: (.connectionReset, "the connection was reset")
        case ETIMEDOUT: (.timeout, "the connection was not answered in time")
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN: (.localLimit, "no socket left")
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EAFNOSUPPORT, EPERM, EACCES:
            (.networkUnreachable, "there is no way to the receiver")
        default: (.other, "the connection failed (\(systemError))")
        }
    }

    /// OpenSSL's X509_V_ERR numbers; 1 is what curl leaves when its own comparison of the name failed.
    private static func certificate(_ fault: Int) -> String {
        switch fault {
        case 9: "the certificate is not valid yet"
        case 10: "the certificate has expired"
        case 18, 19: "the certificate is self-signed"
        case 2, 20, 21: "the certificate's issuer is not trusted (is the intermediate certificate sent?)"
        case 23: "the certificate was revoked"
        case 0, 1, 62: "the certificate is for another name"
        default: "the certificate is not trusted"
        }
    }
}
