import LocalStack
import Synchronization

/// A value made when it is first asked for, by one of those who ask; the others wait. A failure is remembered too.
final class Once<Value: Sendable>: Sendable {
    private let task: Mutex<Task<Result<Value, LocalStackError>, Never>?> = Mutex(nil)
    private let make: @Sendable () async throws(LocalStackError) -> Value

    init(_ make: @escaping @Sendable () async throws(LocalStackError) -> Value) { self.make = make }

    func value() async throws(LocalStackError) -> Value {
        let task = task.withLock { task in
            if let task { return task }
            // Detached from who asks first: a test that is cancelled must not cancel the start for all. It ends when the value is made.
            let fresh = Task.detached { [make] () -> Result<Value, LocalStackError> in
                do throws(LocalStackError) { return .success(try await make()) } catch { return .failure(error) }
            }
            task = fresh
            return fresh
        }
        return try await task.value.get()
    }
}
