import HTTPTypes

/// A page that says something and asks for nothing, or for one thing.
enum NoticePage {
    /// For a request that must not be sent anywhere.
    static func refused(_ title: String, _ text: String, status: HTTPResponse.Status = .badRequest, requestID: String) -> WebPage {
        WebPage(
            title: title,
            content: """
                <p>\(text)</p>
                <p class="note">If you need help, name this request: <code>\(requestID)</code></p>
                """, status: status)
    }

    /// - Parameter address: where to begin again; nil when there is nothing to go on with.
    static func outOfDate(address: String?) -> WebPage {
        let link: HTML = address.map { "<p><a class=\"button\" href=\"\($0)\">Try again</a></p>" } ?? .nothing
        return WebPage(
            title: "This page is out of date",
            content: """
                <p>It was open for too long, was opened in another window, or your browser takes no cookies from us.</p>
                \(link)
                """, status: .forbidden)
    }

    static func signedIn(email: String, token: String) -> WebPage {
        WebPage(
            title: "Sign out?",
            content: """
                <p>You are signed in as <strong><bdi>\(email)</bdi></strong>.</p>
                <form method="post" action="logout">
                <input type="hidden" name="token" value="\(token)">
                <div class="actions"><button type="submit" class="primary">Sign out</button></div>
                </form>
                """)
    }

    static let signedOut = WebPage(title: "You are signed out", content: "<p>You can close this window.</p>")
}
