extension BadInput {
    /// What is no JSON, or none that we take: cut off at each byte, at each depth, and misspelled.
    static func json(_ text: RequestText) -> [BadInput] {
        let whole = #"{"kind":"noop","payload":{"a":[1,-2.5e3,"x\u00e4",{"b":[true,false,null]}]},"priority":5}"#
        let cut = (1..<whole.utf8.count).map { String(decoding: whole.utf8.prefix($0), as: UTF8.self) }
        let unclosed = (1...64).map { #"{"kind":"noop","payload":"# + String(repeating: $0 % 2 == 0 ? "[" : #"{"a":"#, count: $0) }
        let deep = [62, 63, 64, 65, 100, 1000, 100_000].map { #"{"kind":"noop","payload":"# + String(repeating: "[", count: $0 + 2) + String(repeating: "]", count: $0 + 2) + "}" }
        let values = [
            "\"\\ud800\"", "\"\\udfff\\ud800\"", "{", "'a'", "{a:1}", "[1,]", "{\"a\":1,}", "[,1]", "[1 2]", "{\"a\" 1}", "{\"a\":}", "{:1}", "[1}", "{]", "01", "-01", "1.", ".5", "+1", "-", "--1", "1e", "1e+", "0x10",
            "1_000", "NaN", "Infinity", "-Infinity", "undefined", "True", "nul", "truefalse", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\", "\"a\nb\"", "\"a\tb\"", "\"a\u{0}b\"",
            "\"a\u{1f}b\"", "// no\n1", "/* no */1", "#1", "1;", "{\"a\":1}{\"b\":2}", "\u{feff}{}", "\u{a0}1", "\u{2028}1", "`1`", "<a/>", "a=1&b=2", "\"unended", "[\"a\",\"b\"", "(1)", "1,2", "\u{0}",
        ].map { #"{"kind":"noop","payload":"# + $0 + "}" }
        let bytes: [(String, [UInt8])] = [
            ("a lone continuation", [0x80]), ("an overlong slash", [0xc0, 0xaf]), ("an overlong NUL", [0xe0, 0x80, 0x80]), ("a surrogate", [0xed, 0xa0, 0x80]),
            ("a pair of surrogates", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]), ("beyond Unicode", [0xf4, 0x90, 0x80, 0x80]), ("five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]),
            ("a cut letter", [0xc3]), ("0xff", [0xff]), ("0xfe", [0xfe]),
        ]
        let malformed = (cut + unclosed + deep.suffix(5) + values).enumerated().map { number, body in
            BadInput(name: "JSON \(number): \(body.prefix(120).debugDescription)", bytes: text.post("/api/jobs", body), status: 400)
        }
        let mistyped = bytes.map { name, letters in
            BadInput(
                name: "UTF-8: \(name)", bytes: text.bytes("POST", "/api/jobs", body: Array(#"{"kind":"noop","payload":{"a":""#.utf8) + letters + Array(#""}}"#.utf8)),
                status: 400)
        }
        let wide = Array("{\"kind\":\"noop\"}".utf16)
        let encoded = [
            BadInput(name: "UTF-16 LE", bytes: text.bytes("POST", "/api/jobs", body: wide.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }), status: 400),
            BadInput(name: "UTF-16 BE", bytes: text.bytes("POST", "/api/jobs", body: wide.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }), status: 400),
            BadInput(name: "nothing", bytes: text.bytes("POST", "/api/jobs", body: []), status: 400),
            BadInput(name: "blanks", bytes: text.post("/api/jobs", " \n\t "), status: 400),
        ]
        return malformed + mistyped + encoded
    }

    /// JSON that says what cannot be meant.
    static func values(_ text: RequestText) -> [BadInput] {
        let long = String(repeating: "x", count: 5000)
        let jobs = [
            #"{"__proto__":{"kind":"noop"}}"#, #"{"constructor":{"prototype":{}}}"#, #"{"kind":"'; DROP TABLE jobs; --","payload":{}}"#, #"{"kind":"noop\u0000","payload":{}}"#,
            #"{"kind":"NOOP","payload":{}}"#, #"{"kind":"noop","kind":7,"payload":{}}"#,
            #"{"kind":"noop","payload":{},"priority":1e400}"#, #"{"kind":"noop","payload":{},"priority":99999999999999999999999999}"#, #"{"kind":"noop","payload":{},"priority":-0.5}"#,
            #"{"kind":"noop","payload":{},"priority":1e4}"#, #"{"kind":"noop","payload":{},"priority":"5"}"#, #"{"kind":"noop","payload":{},"priority":101}"#,
            #"{"kind":"noop","payload":{},"maxAttempts":0}"#, #"{"kind":"noop","payload":{},"maxAttempts":9223372036854775807}"#, #"{"kind":"noop","payload":{},"maxAttempts":9223372036854775808}"#,
            #"{"kind":"noop","payload":{},"runAt":"tomorrow"}"#, #"{"kind":"noop","payload":{},"runAt":"2024-02-30T00:00:00Z"}"#, #"{"kind":"noop","payload":{},"runAt":"2024-01-01T24:00:00Z"}"#,
            #"{"kind":"noop","payload":{},"runAt":"2024-01-01T00:00:00"}"#, #"{"kind":"noop","payload":{},"runAt":"99999-01-01T00:00:00Z"}"#, #"{"kind":"noop","payload":{},"runAt":1700000000}"#,
            #"{"kind":"noop","payload":{},"queue":"none"}"#, #"{"kind":"noop","payload":{},"queue":"webhooks\u0000"}"#, #"{"kind":"noop","payload":{},"lane":"a b"}"#,
            #"{"kind":"noop","payload":{},"lane":"../x\n"}"#, #"{"kind":"noop","payload":{},"lane":"\#(long)"}"#, #"{"kind":"noop","payload":{},"uniqueKey":"\#(long)"}"#,
            #"{"kind":"noop","payload":{},"uniqueKey":"a\u0000b"}"#, #"{"kind":"noop","payload":{},"uniqueKey":""}"#, #"{"kind":"noop","payload":{},"deadline":0}"#,
            #"{"kind":"noop","payload":{},"deadline":-1}"#, #"{"kind":"noop","payload":{},"then":7}"#, #"{"kind":"noop","payload":{},"then":[{}]}"#,
            #"{"kind":"noop","payload":[]}"#, #"{"kind":"noop","payload":"x"}"#, #"{"kind":"noop","payload":7}"#, #"{"kind":null,"payload":{}}"#, #"{"kind":[],"payload":{}}"#, #"{"kind":"","payload":{}}"#,
            #"{"kind":"webhook.deliver","payload":{}}"#, #"{"kind":"webhook.deliver","payload":{"eventId":1}}"#, "[]", "7", "\"noop\"", "true", "null",
        ].map { ("/api/jobs", $0) }
        let others = [
            ("/api/jobs/batch", "[]"), ("/api/jobs/batch", "{}"), ("/api/jobs/batch", "[7]"), ("/api/jobs/batch", #"[{"kind":"noop","payload":{}},{"kind":7}]"#), ("/api/jobs/batch", #"{"jobs":{}}"#),
            ("/api/jobs/batch", "[" + Array(repeating: #"{"kind":"noop","payload":{}}"#, count: 1001).joined(separator: ",") + "]"),
            ("/api/events", #"{"event":"","data":{}}"#), ("/api/events", #"{"event":"a b","data":{}}"#), ("/api/events", #"{"event":"a.b\u0000","data":{}}"#), ("/api/events", #"{"event":7}"#),
            ("/api/events", #"{"event":"\#(long)","data":{}}"#), ("/api/events", #"{"data":{}}"#),
            ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"javascript:alert(1)"}"#), ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://user:pw@example.com/"}"#),
            ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com:0/"}"#), ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://[::1"}"#),
            ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://169.254.169.254/"}"#), ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"file:///etc/passwd"}"#),
            ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/\r\nX: y"}"#), ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":""}"#),
            ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://\#(long).com/"}"#), ("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/","secret":"x"}"#),
            ("/api/schedules", #"{"name":"x","cron":"* * *","kind":"noop","payload":{}}"#), ("/api/schedules", #"{"name":"x","cron":"99 * * * *","kind":"noop","payload":{}}"#),
            ("/api/schedules", #"{"name":"x","cron":"* * * * *","timeZone":"Mars/Base","kind":"noop","payload":{}}"#), ("/api/schedules", #"{"name":"","cron":"* * * * *","kind":"noop","payload":{}}"#),
            ("/api/schedules", #"{"name":"x","cron":"@every 0s","kind":"noop","payload":{}}"#), ("/api/schedules", #"{"name":"x","cron":"@every 99999999999999999999h","kind":"noop","payload":{}}"#),
            ("/api/dead-letters/replay", #"{"ids":["x"]}"#), ("/api/dead-letters/replay", #"{"ids":[]}"#), ("/api/dead-letters/replay", "{}"), ("/api/dead-letters/replay", #"{"filter":7}"#),
            ("/api/dead-letters/discard", #"{"filter":{},"limit":-1}"#), ("/api/dead-letters/discard", #"{"filter":{},"rate":1e999}"#),
        ]
        return (jobs + others).map { path, body in
            BadInput(name: "POST \(path) \(body.prefix(160))", bytes: text.post(path, body), ending: .named, status: 422)
        }
    }
}
