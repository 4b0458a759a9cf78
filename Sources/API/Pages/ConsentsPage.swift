import Identity
import Ledger
import Primitives

/// Where somebody sees which programs may act for them, and takes that back.
struct ConsentsPage: Sendable {
    struct Item: Sendable {
        let consent: ConsentRow
        /// Of the form that takes it back.
        let token: String
    }

    let items: [Item]
    let email: String
    let signOutToken: String
    /// Whether something has just been taken back.
    let hasEnded: Bool

    var page: WebPage { WebPage(title: "Programs with access", content: content) }

    private var content: HTML {
        """
        <p class="lead">These programs may use Voicera in your name.</p>
        \(news)
        \(list)
        <form method="post" action="logout" class="account">
        <input type="hidden" name="token" value="\(signOutToken)">
        <p>You are signed in as <bdi>\(email)</bdi>. <button type="submit" class="link">Sign out</button></p>
        </form>
        """
    }

    private var news: HTML {
        guard hasEnded else { return .nothing }
        return #"<p class="done" role="status">Access was taken back. The program has to ask you again.</p>"#
    }

    private var list: HTML {
        guard !items.isEmpty else { return "<p>There are none.</p>" }
        return "<ul class=\"programs\">\(HTML(items.map(Self.entry)))</ul>"
    }

    private static func entry(_ item: Item) -> HTML {
        let consent = item.consent
        let scopes = Set<Scope>(names: consent.scopes)
        return """
            <li>
            <h2><bdi>\(consent.clientName)</bdi></h2>
            <p class="note">Since \(String(RFC3339.text(consent.createdAt).prefix(10)))</p>
            <ul class="scopes">\(HTML(Scope.allCases.filter(scopes.contains).map { "<li>\($0.plainWords) <code>\($0.rawValue)</code></li>" as HTML }))</ul>
            <form method="post" action="consents">
            <input type="hidden" name="client" value="\(consent.clientID)">
            <input type="hidden" name="token" value="\(item.token)">
            <button type="submit">Take back access<span class="only-heard"> of \(consent.clientName)</span></button>
            </form>
            </li>
            """
    }
}
