import HTTPTypes
import Hummingbird

/// A page of the sign-in: plain HTML that works without a script, in no frame, of no cache, and with nothing from elsewhere.
struct WebPage: Sendable {
    /// Also the heading.
    let title: String
    let content: HTML
    var status = HTTPResponse.Status.ok
    /// Where its forms may lead in the end, beside here: browsers hold redirects of a form's answer to it, too.
    var formTargets: [String] = []
    /// Whether something was wrong with what was typed; said first to who only hears the page.
    var hasErrors = false

    private var html: HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <meta name="color-scheme" content="light dark">
        <title>\(hasErrors ? "Error: " : "")\(title) · Voicera</title>
        <link rel="stylesheet" href="style.css">
        <link rel="icon" href="data:,">
        </head>
        <body>
        <header class="brand"><span class="mark" aria-hidden="true"></span>Voicera</header>
        <main class="card">
        <h1>\(title)</h1>
        \(content)
        </main>
        </body>
        </html>

        """
    }

    var response: Response {
        var response = Response(status: status, headers: Self.manners, body: ResponseBody(byteBuffer: ByteBuffer(string: html.text)))
        response.headers[.contentType] = "text/html; charset=utf-8"
        response.headers[.contentSecurityPolicy] = """
            default-src 'none'; style-src 'self'; img-src data:; form-action \((["'self'"] + formTargets).joined(separator: " ")); \
            frame-ancestors 'none'; base-uri 'none'
            """
        return response
    }

    /// Of every answer to a browser, redirects as well: they carry codes.
    static let manners: HTTPFields = [
        .cacheControl: "no-store", .referrerPolicy: "no-referrer", .frameOptions: "DENY", .xContentTypeOptions: "nosniff",
    ]

    /// 303: whatever was posted here is not posted there.
    static func redirect(to location: String) -> Response {
        var headers = manners
        headers[.location] = location
        return Response(status: .seeOther, headers: headers)
    }
}
