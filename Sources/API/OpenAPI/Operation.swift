import HTTPTypes

/// What the document says of one operation. What follows from the route itself (its path's ids, who may call it, how it may be refused) is added
/// when the document is made, so that it is written once.
struct Operation: Sendable {
    enum Tag: String, Sendable, CaseIterable {
        case authentication = "Authentication"
        case keys = "API keys"
        case users = "Users"
        case courses = "Courses"
        case events = "Events"
        case jobs = "Jobs"
        case schedules = "Schedules"
        case deadLetters = "Dead letters"
        case queues = "Queues and lanes"
        case webhooks = "Webhooks"
        case workspace = "Workspace"
        case log = "Log and health"
    }

    struct Body: Sendable {
        var schema: Schema
        var example: JSON
        var mediaType = "application/json"
        /// Whether it may be left out.
        var isOptional = false
        /// Bytes.
        var limit = BodyLimit.single

        static func json(_ schema: Schema, example: JSON, optional: Bool = false, limit: Int = BodyLimit.single) -> Body {
            Body(schema: schema, example: example, isOptional: optional, limit: limit)
        }
        static func form(_ schema: Schema, example: JSON) -> Body { Body(schema: schema, example: example, mediaType: "application/x-www-form-urlencoded") }
        /// For operations that most callers call without one.
        static let empty = Body(schema: .object(nil, [], open: false), example: .object([]), isOptional: true)
    }

    struct Answer: Sendable {
        var status: HTTPResponse.Status
        var description: String
        /// Nil for an answer without a body.
        var schema: Schema?
        var example: JSON?
        var mediaType = "application/json"
        /// Beyond those of every answer.
        var headers: [(name: String, description: String, schema: Schema)] = []
        /// Operations whose `{id}` is in this answer, and the JSON pointer to it.
        var links: [(operation: String, pointer: String)] = []
    }

    /// In camel case, once in the document.
    let id: String
    let tag: Tag
    let summary: String
    var description: String?
    /// In the query and the headers. Those in the path come from the route.
    var parameters: [Parameter] = []
    var body: Body?
    var answers: [Answer]
    /// How it may be refused, beyond what follows from the route.
    var problems: [Problem] = []
    /// Of an operation that is open to everybody: other ways to say who calls, as the document has them.
    var security: [JSON] = []

    init(
        _ id: String, _ tag: Tag, _ summary: String, description: String? = nil, parameters: [Parameter] = [], body: Body? = nil,
        answers: [Answer], problems: [Problem] = []
    ) {
        self.id = id
        self.tag = tag
        self.summary = summary
        self.description = description
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.problems = problems
    }
}

extension Operation.Answer {
    static func ok(_ description: String, _ schema: Schema, example: JSON) -> Self {
        Self(status: .ok, description: description, schema: schema, example: example)
    }
    static func created(_ description: String, _ schema: Schema, example: JSON) -> Self {
        Self(status: .created, description: description, schema: schema, example: example)
    }
    static func accepted(_ description: String, _ schema: Schema, example: JSON) -> Self {
        Self(status: .accepted, description: description, schema: schema, example: example)
    }

    /// The same, with what can be asked next about the thing that it names.
    func leading(to operations: [String], id pointer: String) -> Self {
        var copy = self
        copy.links += operations.map { ($0, pointer) }
        return copy
    }

    static func noContent(_ description: String) -> Self { Self(status: .noContent, description: description) }

    /// A page of a list.
    static func page(_ description: String, of schema: Schema, example: JSON) -> Self {
        Self(
            status: .ok, description: description,
            schema: .object(
                nil,
                [
                    .required("data", .array(schema)),
                    .required("nextCursor", .string().orNull.described("What asks for the next page; null on the last one.")),
                ]),
            example: ["data": [example], "nextCursor": .null],
            headers: [("Link", "Where the next page is (RFC 8288); absent on the last one.", .string())])
    }
}

struct Parameter: Sendable {
    enum Place: String, Sendable { case query, header }

    var name: String
    var place: Place
    var description: String
    var schema: Schema
    var isRequired = false

    static func query(_ name: String, _ schema: Schema, _ description: String, required: Bool = false) -> Parameter {
        Parameter(name: name, place: .query, description: description, schema: schema, isRequired: required)
    }
    static func header(_ name: String, _ schema: Schema, _ description: String, required: Bool = false) -> Parameter {
        Parameter(name: name, place: .header, description: description, schema: schema, isRequired: required)
    }
}

extension [Parameter] {
    /// Of every list.
    static func paging(_ list: String, _ position: Cursor.Position) -> [Parameter] {
        [
            .query("limit", .integer(1...200), "Rows of a page; 50 when left out."),
            .query("cursor", .string(pattern: Cursor.pattern(of: list, position)), "The `nextCursor` of the page before. Opaque: its form may change."),
        ]
    }
}
