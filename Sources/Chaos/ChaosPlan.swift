/// A run, all of it: the same plan makes the same schedule and the same load.
package struct ChaosPlan: Sendable {
    package var seed: UInt64
    package var length: Duration
    /// Requests a second.
    package var rate: Int
    package var endpoints: Int
    package var shape: FleetShape
    package var kinds: [FaultKind]
    package var recoveryBound: Duration
    package var keepsFolder: Bool
    /// The program whose processes are put to the test.
    package var program: String
    /// This process has mounts of its own, so a small disk can be made for Redis.
    package var mayMount: Bool

    package init(
        seed: UInt64, length: Duration, rate: Int, endpoints: Int, shape: FleetShape, kinds: [FaultKind], recoveryBound: Duration,
        keepsFolder: Bool, program: String, mayMount: Bool
    ) {
        self.seed = seed
        self.length = length
        self.rate = rate
        self.endpoints = endpoints
        self.shape = shape
        self.kinds = kinds
        self.recoveryBound = recoveryBound
        self.keepsFolder = keepsFolder
        self.program = program
        self.mayMount = mayMount
    }
}

/// Why a run could not be made; what it found is no error.
package struct ChaosFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
