import HTTPDelivery

extension AddressPolicy {
    /// What a developer's machine allows.
    static func development(_ ranges: String = "127.0.0.0/8,::1/128") throws -> AddressPolicy {
        AddressPolicy(allowed: try AddressPolicy.parse(list: ranges), requiresHTTPS: false)
    }

    /// Production's rule, except that plain http is taken.
    static var strict: AddressPolicy { AddressPolicy(requiresHTTPS: false) }

    /// Only for making targets that another policy then has to refuse.
    static var everything: AddressPolicy {
        get throws { try .development("0.0.0.0/0,::/0") }
    }
}

/// A client for the length of a test, shut down however the test ends.
func withClient<Result>(
    _ policy: AddressPolicy, maxTransfers: Int = 4096, trusting roots: String? = nil, _ body: (DeliveryClient) async throws -> Result
) async throws -> Result {
    let client = try DeliveryClient(policy: policy, maxTransfers: maxTransfers, additionalTrustRoots: roots)
    do {
        let result = try await body(client)
        await client.shutDown()
        return result
    } catch {
        await client.shutDown()
        throw error
    }
}

extension DeliveryClient {
    /// The error a request ends with; nil when it is answered.
    func failure(_ request: DeliveryRequest) async -> DeliveryError? {
        do {
            _ = try await send(request)
            return nil
        } catch { return error }
    }
}

/// The error that a URL is refused with; nil when it is taken.
func refusal(of url: String, _ policy: AddressPolicy) -> DeliveryError? {
    do {
        _ = try DeliveryTarget(url, policy: policy)
        return nil
    } catch { return error }
}

extension DeliveryRequest {
    static func post(_ url: String, _ policy: AddressPolicy, body: String = "{}", timeout: Duration = .seconds(10)) throws -> DeliveryRequest {
        var request = DeliveryRequest(
            url: try DeliveryTarget(url, policy: policy), headers: [(name: "content-type", value: "application/json")], body: Array(body.utf8))
        request.timeout = timeout
        return request
    }
}

let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-answer: yes\r\n\r\nok"
