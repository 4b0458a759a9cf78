import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCertificateReloading
import NIOCore
import NIOSSL
import ServiceLifecycle

/// What a connection goes through before it is a request: TLS where there is a certificate, HTTP/1.1 or HTTP/2, and their bounds.
struct Listener {
    let builder: HTTPServerBuilder
    /// Looks at the certificate's files again and again; nil without one.
    let reloader: (any Service)?

    private static let mostHeaderBytes = 32 << 10
    private static let longestHeader = 16 << 10
    private static let mostHeaders = 100

    /// Throws when the certificate's files are missing, unreadable or no pair.
    init(_ settings: ServerSettings, logger: Logger) throws {
        let patience = settings.patience
        let http1 = HTTP1Channel.Configuration(
            additionalChannelHandlers: [PatienceHandler(patience)], idleTimeout: TimeAmount(patience.idle),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.longestHeader, maxHeaderListSize: Self.mostHeaderBytes, maxHeaderFieldCount: Self.mostHeaders))
        guard let certificate = settings.certificate else {
            builder = .http1(configuration: http1)
            reloader = nil
            return
        }
        let reloading = try TimedCertificateReloader.makeReloaderValidatingSources(
            refreshInterval: certificate.interval, certificateSource: .init(location: .file(path: certificate.chain), format: .pem),
            privateKeySource: .init(location: .file(path: certificate.key), format: .pem), logger: logger)
        let tls = try TLSConfiguration.makeServerConfiguration(certificateReloader: reloading)
        let http2 = HTTP2ChannelConfiguration(idleTimeout: patience.idle, gracefulCloseTimeout: patience.leftover, streamConfiguration: http1)
        builder = HTTPServerBuilder { responder in
            HandshakeDeadline(
                base: try HTTP2UpgradeChannel(tlsConfiguration: tls, configuration: http2, responder: responder), limit: patience.headers)
        }
        reloader = reloading
    }
}
