/// Who ends a private server.
package enum ServerLifetime: Sendable {
    /// It dies with this process, even on `kill -9`: for tests.
    case boundToParent
    /// It stays when this process dies, and the next start in the same folder adopts it: for `voicera up`.
    case persistent
}
