import Ledger
import Primitives

/// Reads what clients send of users in courses.
enum ActivitySubmission {
    static let scores: ClosedRange<Double> = 0...100
    static let quizScores: ClosedRange<Double> = 0...1_000_000
    static let longestQuizID = 255
    static let longestQuizName = 200
    /// Bytes of JSON text.
    static let mostAnswers = 64 << 10

    static func enrollment(_ json: RawJSON) throws(Problem) -> UserID {
        var fields = try fields(json, ["userId"])
        let user = fields.id("userId", of: UserID.self, required: true)
        try fields.finish()
        guard let user else { throw .internalError }
        return user
    }

    static func completion(_ json: RawJSON) throws(Problem) -> (user: UserID, score: Double?, at: Int64?) {
        var fields = try fields(json, ["userId", "score", "completedAt"])
        let user = fields.id("userId", of: UserID.self, required: true)
        let score = fields.number("score", in: scores)
        let at = fields.time("completedAt")
        try fields.finish()
        guard let user else { throw .internalError }
        return (user, score, at)
    }

    static func quiz(_ json: RawJSON) throws(Problem) -> (user: UserID, result: QuizResult, at: Int64?) {
        var fields = try fields(json, ["userId", "quizId", "quizName", "score", "maxScore", "answers", "submittedAt"])
        let user = fields.id("userId", of: UserID.self, required: true)
        let quiz = fields.text("quizId", required: true, longest: longestQuizID)
        let quizName = fields.text("quizName", longest: longestQuizName)
        let score = fields.number("score", required: true, in: quizScores)
        let maxScore = fields.number("maxScore", in: quizScores)
        let answers = fields.value("answers", upTo: mostAnswers)
        if let answers, answers.kind != .object, answers.kind != .array { fields.refuse("answers", "must be an object or an array") }
        let at = fields.time("submittedAt")
        try fields.finish()
        guard let user, let quiz, let score else { throw .internalError }
        return (user, QuizResult(quiz: quiz, quizName: quizName, score: score, maxScore: maxScore, answers: answers?.text), at)
    }

    private static func fields(_ json: RawJSON, _ members: Set<String>) throws(Problem) -> Fields {
        var fields = Fields(json)
        try fields.finish()
        fields.allow(only: members)
        return fields
    }
}
