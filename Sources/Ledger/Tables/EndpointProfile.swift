package import Primitives

/// In which order the deliveries of an endpoint are made.
package enum DeliveryOrder: String, Sendable, CaseIterable {
    case none
    /// One after another, the oldest first: a retry holds the others.
    case fifo
    /// One after another where the events have the same value at the order key.
    case key
}

/// What the owner of an endpoint decides, and may change.
package struct EndpointProfile: Sendable, Equatable {
    /// Sealed by the caller, bound to the endpoint: some of the values are secrets.
    package struct Headers: Sendable, Equatable {
        package var sealed: [UInt8]
        package var keyID: String

        package init(sealed: [UInt8], keyID: String) {
            self.sealed = sealed
            self.keyID = keyID
        }
    }

    package var url: String
    package var eventTypes: [String]
    package var description = ""
    /// JSON text.
    package var filter: String?
    package var headers: Headers?
    /// JSON text of an object.
    package var metadata = "{}"
    package var timeoutMilliseconds: Int32?
    /// Seconds between the attempts; nil for the standard's schedule.
    package var retrySchedule: [Int32]?
    package var order = DeliveryOrder.none
    /// JSON pointer into an event's data.
    package var orderKey: String?
    package var apiVersion: String?

    package init(url: String, eventTypes: [String]) {
        self.url = url
        self.eventTypes = eventTypes
    }
}

package struct EndpointRow: Sendable {
    package var id: EndpointID
    package var profile: EndpointProfile
    package var status: String
    /// `v1` or `v1a`.
    package var signature: String
    package var isChallenged: Bool
    package var version: Int32
    package var createdAt: Int64
    package var updatedAt: Int64
    package var verifiedAt: Int64?
    package var disabledAt: Int64?
    package var disabledReason: String?
}

package struct NewEndpoint: Sendable {
    package var id: EndpointID
    package var workspace: WorkspaceID
    package var profile: EndpointProfile
    package var secret: NewEndpointSecret
    /// Disabled until the receiver has echoed a challenge.
    package var isChallenged = false

    package init(id: EndpointID, workspace: WorkspaceID, profile: EndpointProfile, secret: NewEndpointSecret) {
        self.id = id
        self.workspace = workspace
        self.profile = profile
        self.secret = secret
    }
}
