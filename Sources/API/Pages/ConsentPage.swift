import Identity
import Primitives

/// Where somebody is asked whether a program may act for them.
struct ConsentPage: Sendable {
    let clientName: String
    let email: String
    let scopes: Set<Scope>
    /// Where the answer goes, for people: a host, or the program's own scheme.
    let destination: String
    let request: String
    let token: String
    let signOutToken: String
    let formTarget: String
    let workspace: WorkspaceID

    var page: WebPage { WebPage(title: "Allow access?", content: content, formTargets: [formTarget]) }

    private var content: HTML {
        """
        <p class="lead"><strong><bdi>\(clientName)</bdi></strong> asks to use Voicera in your name. It would be able to:</p>
        <ul class="scopes">\(HTML(items))</ul>
        <p class="note">Your answer goes to <strong><bdi>\(destination)</bdi></strong>. Allow this only if you know this program. \
        Your password is not shown to it. You can <a href="consents?workspace=\(workspace.description)">take it back</a> at any time.</p>
        <form method="post" action="consent">
        <input type="hidden" name="request" value="\(request)">
        <input type="hidden" name="token" value="\(token)">
        <div class="actions">
        <button type="submit" name="decision" value="allow" class="primary">Allow</button>
        <button type="submit" name="decision" value="deny">Do not allow</button>
        </div>
        </form>
        <form method="post" action="logout" class="account">
        <input type="hidden" name="request" value="\(request)">
        <input type="hidden" name="token" value="\(signOutToken)">
        <p>You are signed in as <bdi>\(email)</bdi>. <button type="submit" class="link">Use another account</button></p>
        </form>
        """
    }

    /// In the order of `Scope`, so that the same request looks the same.
    private var items: [HTML] {
        Scope.allCases.filter(scopes.contains).map { "<li>\($0.plainWords) <code>\($0.rawValue)</code></li>" }
    }
}
