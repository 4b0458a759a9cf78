import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import API

/// What the handler of slow clients says, at times that are made up.
@Suite struct PatienceHandlerTests {
    private let loop = EmbeddedEventLoop()

    /// A connection on which a request has begun whose body does not come.
    private func begin() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandler(PatienceHandler(ServerSettings.Patience()))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let request = HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/api/jobs")
        try channel.writeInbound(HTTPRequestPart.head(request))
        return channel
    }

    private func statuses(_ channel: EmbeddedChannel) throws -> [Int] {
        var found: [Int] = []
        while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
            if case .head(let response) = part { found.append(response.status.code) }
        }
        return found
    }

    @Test func `who sends no body is told so when the time for it is over`() throws {
        let channel = try begin()
        loop.advanceTime(by: .seconds(59))
        #expect(try statuses(channel) == [] && channel.isActive)
        loop.advanceTime(by: .seconds(1))
        #expect(try statuses(channel) == [408] && !channel.isActive)
    }

    @Test func `half an answer is not followed by another one`() throws {
        let channel = try begin()
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(string: "{")))
        loop.advanceTime(by: .seconds(60))
        #expect(try statuses(channel) == [200] && !channel.isActive)
    }
}
