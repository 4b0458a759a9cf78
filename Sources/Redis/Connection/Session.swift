/// A link that has logged in, and the server process at its other end.
struct Session: Sendable {
    let link: Link
    /// The `run_id` of `INFO server`: another one after every restart.
    let serverIdentity: String
}
