import Identity
import Primitives

/// How the users of a workspace sign in, and what they let programs do.
enum UserSignInOperations {
    static let setPassword = Operation(
        "setPassword", .users, "Set a user's password",
        description: """
            Ends the user's sessions and everything that programs were let do in their name. The caller needs every scope that the user's role may grant: whoever sets a password can sign in with it. It is stored as \
            a scrypt hash and shown nowhere.
            """,
        body: .json(
            .object("Password", [.required("password", .string(Passwords.lengths))], open: false), example: ["password": "correct horse battery staple"]),
        answers: [.noContent("It is set.")])

    static let removePassword = Operation(
        "removePassword", .users, "Remove a user's password", description: "Ends the user's sessions and everything that programs were let do in their name; nobody signs in as this user any more.",
        answers: [.noContent("There is none any more.")])

    static let consents = Operation(
        "listConsents", .users, "Programs that a user lets act for them",
        answers: [
            .ok(
                "By name of the program; the first 200.", .object(nil, [.required("data", .array(consent))]),
                example: [
                    "data": [
                        [
                            "clientId": "client_01jd7t5m8efqv8s4z3x2c1b0n9", "name": "Reports", "scopes": ["courses:read"],
                            "createdAt": "2024-01-15T10:30:00Z", "updatedAt": "2024-01-15T10:30:00Z",
                        ]
                    ]
                ])
        ])

    static let revokeConsent = Operation(
        "revokeConsent", .users, "Take back what a user let a program do",
        description: "Every token of it is good no more within a second, and the user is asked again the next time.",
        answers: [.noContent("It is taken back.")])

    private static let consent = Schema.object(
        "Consent",
        [
            .required("clientId", .string(1...128)), .required("name", .string()), .required("scopes", .array(.choice(Scope.self))),
            .required("createdAt", .time), .required("updatedAt", .time),
        ])
}
