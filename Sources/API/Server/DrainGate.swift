import ServiceLifecycle
import Synchronization

/// A stop in good order: the process says that it is not ready for a while before it stops taking requests, so that balancers look elsewhere first.
/// To be the last of a group's services, which is the first to be stopped.
package final class DrainGate: Service {
    private let pause: Duration
    private let draining = Atomic(false)

    /// - Parameter pause: long enough for a balancer to ask once more.
    package init(pause: Duration) { self.pause = pause }

    package var isDraining: Bool { draining.load(ordering: .relaxed) }

    package func run() async throws {
        try await gracefulShutdown()
        draining.store(true, ordering: .relaxed)
        try? await Task.sleep(for: pause)
    }
}
