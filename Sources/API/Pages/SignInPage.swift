import HTTPTypes

/// Where somebody says who they are.
struct SignInPage: Sendable {
    enum Fault: Sendable {
        case emailMissing, passwordMissing, bothMissing, refused
        case slowDown(minutes: Int64)
        case busy
    }

    /// What it is for, as a part of a sentence.
    let lead: HTML
    /// What the form carries on.
    let carried: (name: String, value: String)
    let token: String
    /// Of the client, with the refusal; nil where nobody waits for one.
    var cancelURL: String?
    /// Of the client, whom the answer goes to in the end.
    var formTarget: String?
    var email = ""
    var fault: Fault?

    var page: WebPage {
        var page = WebPage(title: "Sign in", content: content, formTargets: formTarget.map { [$0] } ?? [], hasErrors: fault != nil)
        switch fault {
        case nil: break
        case .slowDown?: page.status = .tooManyRequests
        case .busy?: page.status = .serviceUnavailable
        default: page.status = .unprocessableContent
        }
        return page
    }

    private var content: HTML {
        """
        <p class="lead">\(lead)</p>
        \(summary)
        <form method="post" action="login" novalidate>
        <input type="hidden" name="\(carried.name)" value="\(carried.value)">
        <input type="hidden" name="token" value="\(token)">
        <div class="field">
        <label for="email">E-mail address</label>
        \(emailError)
        <input id="email" name="email" type="email" autocomplete="username" inputmode="email" autocapitalize="none" spellcheck="false" required maxlength="320" value="\(email)"\(emailState)>
        </div>
        <div class="field">
        <label for="password">Password</label>
        \(passwordError)
        <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200"\(passwordState)>
        </div>
        <div class="actions"><button type="submit" class="primary">Sign in</button>\(cancel)</div>
        </form>
        """
    }

    private var cancel: HTML { cancelURL.map { "<a class=\"quiet\" href=\"\($0)\">Cancel</a>" } ?? .nothing }

    private var lacksEmail: Bool {
        switch fault {
        case .emailMissing?, .bothMissing?: true
        default: false
        }
    }
    private var lacksPassword: Bool {
        switch fault {
        case .passwordMissing?, .bothMissing?: true
        default: false
        }
    }

    private var emailError: HTML { lacksEmail ? #"<p class="error" id="email-error">Enter your e-mail address.</p>"# : .nothing }
    private var passwordError: HTML { lacksPassword ? #"<p class="error" id="password-error">Enter your password.</p>"# : .nothing }
    private var emailState: HTML {
        if lacksEmail { return #" aria-invalid="true" aria-describedby="email-error""# }
        return fault == nil ? " autofocus" : .nothing
    }
    private var passwordState: HTML { lacksPassword ? #" aria-invalid="true" aria-describedby="password-error""# : .nothing }

    /// The first thing that is read out, and where the keyboard is.
    private var summary: HTML {
        let items: [HTML]
        switch fault {
        case nil: return .nothing
        case .emailMissing?: items = [##"<a href="#email">Enter your e-mail address</a>"##]
        case .passwordMissing?: items = [##"<a href="#password">Enter your password</a>"##]
        case .bothMissing?: items = [##"<a href="#email">Enter your e-mail address</a>"##, ##"<a href="#password">Enter your password</a>"##]
        case .refused?: items = [##"<a href="#email">The e-mail address or the password is not right</a>"##]
        case .slowDown(let minutes)?:
            items = ["There were too many tries. Try again in \(minutes == 1 ? "a minute" : "\(String(minutes)) minutes")."]
        case .busy?: items = ["Many people are signing in at the moment. Try again in a few seconds."]
        }
        return """
            <div class="summary" role="alert" tabindex="-1" autofocus>
            <h2>You could not be signed in</h2>
            <ul>\(HTML(items.map { "<li>\($0)</li>" as HTML }))</ul>
            </div>
            """
    }
}
