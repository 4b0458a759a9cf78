import Jobs
import Primitives
import Testing

@Suite struct DeliveryPayloadTests {
    private let endpoint: EndpointID = IdentifierSource.system.next()

    @Test(arguments: [
        #"{"event":"a.b","data":{"n":12345678901234567890.10,"s":"x\/y \" } {","deep":[{"a":{}},[]]}}"#, #"{}"#, #"{"é":"\ud83d\ude00 😀"}"#,
        #"{ "spaced" : [ 1 , 2 ] }"#, #"{"backslash":"\\"}"#,
    ])
    func `a body comes back from its payload to the byte`(body: String) throws {
        let payload = WebhookDeliverJob.payload(endpoint: endpoint, body: body)
        #expect(try RawJSON(Array(payload.utf8))["body"]?.text == body)
        let job = try WebhookDeliverJob.decode(payload)
        #expect(job.endpointId == endpoint && Array(job.body.utf8) == Array(body.utf8))
    }

    @Test func `a payload that was edited by hand is read all the same`() throws {
        for payload in [
            #"{"endpointId":"\#(endpoint)","body":{"a":1},"note":{}}"#, #"{"body":{"a":1},"endpointId":"\#(endpoint)"}"#,
            #" { "endpointId" : "\#(endpoint)", "body" : {"a":1} } "#, #"{"endpointId":"\#(endpoint)","body":{"b":2},"body":{"a":1}}"#,
        ] {
            let job = try WebhookDeliverJob.decode(payload)
            #expect(job.endpointId == endpoint && job.body == #"{"a":1}"#, "\(payload)")
        }
    }

    @Test func `a payload of an earlier release, with its body in a string, is read`() throws {
        let job = try WebhookDeliverJob.decode(#"{"endpointId":"\#(endpoint)","eventId":"evt_1","eventType":"a.b","body":"{\"a\":\"\\u00e9\"}"}"#)
        #expect(job.endpointId == endpoint && job.body == #"{"a":"\u00e9"}"#)
    }

    @Test(arguments: [
        ("{}", "/endpointId an id that begins with whk_ is expected"), (#"{"endpointId":"whk_1","body":{}}"#, "/endpointId an id that begins with whk_ is expected"),
        (#"{"endpointId":"whk_01jd0000000000000000000000"}"#, "/body a body is expected"),
        (#"{"endpointId":"whk_01jd0000000000000000000000","body":null}"#, "/body a body is expected"), ("nonsense", "/ is not valid JSON"),
    ])
    func `a payload that is none says what is wrong with it`(payload: String, complaint: String) {
        #expect(JobRegistry().complaint(about: payload, for: WebhookDeliverJob.self) == complaint)
    }
}
