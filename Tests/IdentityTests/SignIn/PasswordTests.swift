import Identity
import Primitives
import Synchronization
import Testing

@Suite struct PasswordTests {
    private let passwords = Passwords(cost: PasswordCost(logarithm: 6, blockSize: 8, parallelism: 1))

    @Test func `a password is known again, and no other is`() async throws {
        let hash = try await passwords.hash(Redacted("correct horse"))
        #expect(try await passwords.check(Redacted("correct horse"), against: hash) == .right(stronger: nil))
        for wrong in ["correct horse ", "Correct horse", "", "correct horsf", String(repeating: "x", count: 1_000_000)] {
            #expect(try await passwords.check(Redacted(wrong), against: hash) == .wrong)
        }
        #expect(try await passwords.hash(Redacted("correct horse")) != hash, "each has a salt of its own")
    }

    /// By another implementation: `hashlib.scrypt` of Python, that is OpenSSL's.
    @Test func `a hash that others made is understood, and is made anew at our cost`() async throws {
        let hash = "$scrypt$ln=10,r=8,p=2$MDEyMzQ1Njc4OWFiY2RlZg$-xq-mDHmFiZajCA3EvhRL0gqO_zBB8_9aUsoU72UkLc"
        guard case .right(let stronger?) = try await passwords.check(Redacted("pässword one"), against: hash) else {
            Issue.record("not known")
            return
        }
        #expect(stronger.hasPrefix("$scrypt$ln=6,r=8,p=1$"))
        #expect(try await passwords.check(Redacted("pa\u{308}ssword one"), against: stronger) == .right(stronger: nil))
        #expect(try await passwords.check(Redacted("passord one"), against: hash) == .wrong)
    }

    @Test(arguments: [
        nil, "", "x", "$scrypt$", "$scrypt$ln=6,r=8,p=1$$", "$scrypt$ln=30,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$-xq-mDHmFiZajCA3EvhRL0gqO_zBB8_9aUsoU72UkLc",
        "$scrypt$ln=10,r=8$MDEyMzQ1Njc4OWFiY2RlZg$-xq-mDHmFiZajCA3EvhRL0gqO_zBB8_9aUsoU72UkLc", "$scrypt$ln=0,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAA",
        "$argon2$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$-xq-mDHmFiZajCA3EvhRL0gqO_zBB8_9aUsoU72UkLc",
    ])
    func `no account, and a hash that is none of ours, is wrong like any other`(stored: String?) async throws {
        #expect(try await passwords.check(Redacted("correct horse"), against: stored) == .wrong)
    }

    @Test func `the usual cost is what OWASP recommends`() {
        #expect(PasswordCost.usual.description == "ln=15,r=8,p=3")
        #expect(PasswordCost("ln=15,r=8,p=3") == .usual)
    }

    @Test func `an account that is not there costs as much as a wrong password`() async throws {
        let work = Mutex<[PasswordCost]>([])
        let cost = PasswordCost(logarithm: 4, blockSize: 8, parallelism: 1)
        let passwords = Passwords(cost: cost) { cost in work.withLock { $0.append(cost) } }
        let hash = try await passwords.hash(Redacted("correct horse"))
        for stored in [hash, nil, "no hash"] {
            work.withLock { $0 = [] }
            #expect(try await passwords.check(Redacted("wrong horse"), against: stored) == .wrong)
            #expect(work.withLock { $0 } == [cost], "\(stored ?? "none")")
        }
    }

    @Test func `more than may wait are refused, and those who wait get their turn`() async throws {
        let narrow = Passwords(cost: PasswordCost(logarithm: 12, blockSize: 8, parallelism: 1), concurrency: 1, mostWaiting: 3)
        let endings = await withTaskGroup { group in
            for _ in 0..<40 {
                group.addTask { () -> Bool in
                    do {
                        _ = try await narrow.check(Redacted("x"), against: nil)
                        return true
                    } catch { return !(error is Passwords.Busy) }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        let done = endings.count { $0 }
        #expect(done >= 4 && done < 40, "\(done)")
        #expect(try await narrow.check(Redacted("x"), against: nil) == .wrong, "the place is free again")
    }
}
