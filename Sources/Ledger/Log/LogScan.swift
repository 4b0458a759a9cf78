/// Which rows of the log a page walks to find those that a filter lets through. The fewer, the better: each of these is an index.
enum LogScan: Equatable {
    case ofJob
    case ofRequest
    case failures
    case requests
    /// Attempts and whatever else became of jobs.
    case work
    case everything

    /// Rows that one page looks at.
    static let mostRows = 20_000
    static let ofRequests = LogLine.Source.request.rawValue
    /// Outcomes of requests that only a status of 400 or more has.
    static let outcomesOfFailures: Set<String> = ["refused", "failed"]

    init(_ filter: LogFilter) {
        self =
            if filter.job != nil { .ofJob } else if filter.requestID != nil { .ofRequest } else if Self.onlyFailures(filter) {
                .failures
            } else if Self.onlyRequests(filter) {
                .requests
            } else if Self.onlyWork(filter) {
                .work
            } else { .everything }
    }

    private static func onlyFailures(_ filter: LogFilter) -> Bool {
        filter.errorClass != nil || filter.status.map { $0.lowerBound >= 400 } ?? false || filter.outcome.map(outcomesOfFailures.contains) ?? false
    }

    private static func onlyRequests(_ filter: LogFilter) -> Bool {
        filter.type == ofRequests || filter.method != nil || filter.route != nil || filter.principal != nil || filter.address != nil || filter.trace != nil
    }

    private static func onlyWork(_ filter: LogFilter) -> Bool {
        filter.type.map { $0 != ofRequests } ?? false || filter.kind != nil || filter.lanes != nil
    }

    /// The rows, newest first: of workspace $1, from the time $2 on, before the place ($3, $4). Never more than the bound.
    var statement: String {
        switch self {
        case .ofJob: Self.walk("job_id = $6")
        case .ofRequest: Self.walk("request_id = $7")
        // Word for word what the index is partial by.
        case .failures: Self.walk("(error_class IS NOT NULL OR status >= 400)")
        case .requests: Self.walk("type = 'request'")
        case .work: Self.walk("type <> 'request'")
        case .everything:
            """
            SELECT * FROM ((\(Self.walk("type = 'request'"))) UNION ALL (\(Self.walk("type <> 'request'")))) both_kinds
            ORDER BY at DESC, id DESC LIMIT \(Self.mostRows)
            """
        }
    }

    /// `at <= $3` says again what the place says, in a form that spares the partitions of later days.
    private static func walk(_ condition: String) -> String {
        """
        SELECT \(LogRow.columns) FROM integration_log
        WHERE workspace_id = $1 AND at >= $2 AND at <= $3 AND (at, id) < ($3, $4) AND \(condition)
        ORDER BY at DESC, id DESC LIMIT \(mostRows)
        """
    }
}
