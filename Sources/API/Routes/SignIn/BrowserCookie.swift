import HTTPTypes
import Hummingbird
import Identity

/// The one cookie: it tells a browser from others, and once somebody signed in, who that is.
struct BrowserCookie: Sendable {
    let issuer: Issuer

    private var isSecure: Bool { issuer.url.hasPrefix("https://") }
    /// With the prefix a browser takes it over https only. The stricter `__Host-` would send it to all of the API.
    private var name: String { isSecure ? "__Secure-voicera-session" : "voicera-session" }

    func read(_ headers: HTTPFields) -> SessionSecret? {
        for cookies in headers[values: .cookie] {
            for cookie in cookies.split(separator: ";") {
                let sides = cookie.trimmingPrefix { $0 == " " }.split(separator: "=", maxSplits: 1)
                if sides.count == 2, sides[0] == name, let secret = SessionSecret(sides[1]) { return secret }
            }
        }
        return nil
    }

    func set(_ secret: SessionSecret, on response: inout Response) { response.headers[.setCookie] = "\(name)=\(secret.exposed)\(attributes)" }

    func clear(on response: inout Response) { response.headers[.setCookie] = "\(name)=; Max-Age=0\(attributes)" }

    /// Lax: a client's page leads here by a link, and its cookie has to come along; with a form from elsewhere it does not.
    private var attributes: String { "; Path=\(issuer.path)/api/oauth; HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")" }
}
