import Dispatch
import Foundation
import Glibc
import Testing

/// Our own decoders against inputs that nobody meant: none traps, hangs or contradicts itself. Short here; `VOICERA_FUZZ_SECONDS=600` takes its time, and
/// `VOICERA_FUZZ_SEED` another way.
@Suite(.serialized) struct FuzzTests {
    private static func number(_ name: String) -> UInt64? { ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } }

    @Test(arguments: Subject.all.indices)
    func `no input makes a decoder trap, or say two things`(index: Int) throws {
        let decoder = Subject.all[index]
        let seconds = Double(Self.number("VOICERA_FUZZ_SECONDS") ?? 4) / Double(Subject.all.count)
        let seed = Self.number("VOICERA_FUZZ_SEED") ?? 1
        var mutator = Mutator(seed: seed &* 1_000_003 &+ UInt64(index))
        // The input in hand lies in a file: a trap ends this process, and that is all that is left of it.
        let place = FileManager.default.temporaryDirectory.appending(path: "voicera-fuzz-\(getpid())-\(index)").path
        let file = open(place, O_CREAT | O_RDWR | O_TRUNC, 0o600)
        defer {
            close(file)
            unlink(place)
        }
        let end = ContinuousClock.now + .seconds(seconds)
        var runs = 0
        for bytes in decoder.seeds { #expect(decoder.check(bytes) == nil, "\(decoder.name): a seed") }
        while runs % 64 != 0 || ContinuousClock.now < end {
            let bytes = mutator.mutate(decoder.seeds)
            ftruncate(file, 0)
            _ = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
            let begun = DispatchTime.now().uptimeNanoseconds
            let fault = decoder.check(bytes)
            let took = (DispatchTime.now().uptimeNanoseconds - begun) / 1_000_000
            // Far more than any should take, on a busy machine too.
            if fault != nil || took > 2000 {
                Issue.record("\(decoder.name): \(fault ?? "took \(took) ms"): \(String(decoding: bytes, as: UTF8.self).debugDescription) \(bytes)")
                return
            }
            runs += 1
        }
        print("FIGURE fuzz \(decoder.name): \(runs) runs")
    }
}
