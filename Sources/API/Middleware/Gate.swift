import Hummingbird
import Identity

/// Lets requests in: who is it, may they come from there, may they come so often, may they do this. All before a byte of the body is read.
struct Gate: Sendable {
    let authentication: Authentication
    /// Nil: nobody is limited.
    let limiter: RateLimiter?
    let limits: WorkspaceLimits

    /// For a route that is open to everybody: counted by address.
    func admit(_ context: APIContext, as routes: RouteClass?) async throws {
        if let routes { try await count(RateSubject(context.address), routes, limits.defaults[routes], context) }
    }

    /// - Parameters:
    ///   - scopes: any of them is enough.
    ///   - routes: nil for a route that is not limited.
    func admit(_ request: Request, _ context: APIContext, scopes: [Scope], as routes: RouteClass?) async throws -> KnownCredential {
        let known = try await identify(request, context)
        context.caller.set(known.credential)
        if let routes, limiter != nil {
            let limit = await limits.limits(of: known.credential.workspace)[routes]
            try await count(.credential(known.credential.principal), routes, limit, context)
        }
        guard scopes.contains(where: known.credential.scopes.contains) else { throw Problem.missingScope(scopes.map(\.rawValue)) }
        return known
    }

    /// Who shows nothing, something wrong, or something from where it may not be used, is counted by address: it must not use up what its owner has.
    /// An address that is over its limit costs no read either.
    private func identify(_ request: Request, _ context: APIContext) async throws -> KnownCredential {
        let subject = RateSubject(context.address)
        let limit = limits.defaults[.authenticate]
        do {
            let known = try await authentication.identify(request) {
                guard let refusal = limiter?.refusal(subject, .authenticate, limit) else { return }
                context.caller.set(refusal)
                throw refusal.problem
            }
            guard known.networks.isEmpty || context.address.map({ address in known.networks.contains { $0.contains(address) } }) == true else {
                throw Problem.addressNotAllowed
            }
            return known
        } catch let problem as Problem where [.unauthorized, .forbidden, .badRequest].contains(problem.status) {
            try await count(subject, .authenticate, limit, context)
            throw problem
        }
    }

    private func count(_ subject: RateSubject, _ routes: RouteClass, _ limit: RateLimit, _ context: APIContext) async throws {
        guard let limiter else { return }
        let verdict = await limiter.spend(subject, routes, limit)
        context.caller.set(verdict)
        if !verdict.isAllowed { throw verdict.problem }
    }
}
