/// A second opinion on addresses, written from the registries and not from the guard: by numbers and one question after the other, where the guard has a
/// table of ranges. Also compiled by `Benchmarks/addresses`, which asks both about every IPv4 address there is.
enum ReferenceVerdict {
    static func mayDial(v4 bits: UInt32) -> Bool {
        let (a, b, c, d) = (bits >> 24, bits >> 16 & 255, bits >> 8 & 255, bits & 255)
        switch a {
        case 0, 10, 127: return false
        case 100: return b < 64 || b > 127
        case 168: return !(b == 63 && c == 129 && d == 16)
        case 169: return b != 254
        case 172: return b < 16 || b > 31
        case 192:
            // 192.0.0.0/24 and 192.0.2.0/24 are assigned, 192.0.1.0/24 is not.
            if b == 0 { return c != 0 && c != 2 }
            return !(b == 88 && c == 99) && b != 168
        case 198: return b != 18 && b != 19 && !(b == 51 && c == 100)
        case 203: return !(b == 0 && c == 113)
        default: return a < 224
        }
    }

    static func mayDial(v6High high: UInt64, low: UInt64) -> Bool {
        let (first, second) = (high >> 48, high >> 32 & 0xffff)
        // Global unicast, and no more.
        guard first >= 0x2000, first <= 0x3fff else { return false }
        if first == 0x2001, second <= 0x01ff || second == 0x0db8 { return false }
        if first == 0x2002 { return false }
        if first == 0x3fff, second <= 0x0fff { return false }
        // ISATAP, local and universal.
        let group = low >> 32
        if group == 0x0000_5efe || group == 0x0200_5efe { return mayDial(v4: UInt32(truncatingIfNeeded: low)) }
        return true
    }
}
