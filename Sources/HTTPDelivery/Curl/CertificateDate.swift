/// A certificate's date as OpenSSL prints it.
enum CertificateDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Nov 24 02:03:05 2027 GMT` in seconds since 1970; nil for anything else.
    static func seconds(_ text: some StringProtocol) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 5, parts[4] == "GMT", let month = months.firstIndex(where: { $0 == parts[0] }),
            let day = Int64(parts[1]), (1...31).contains(day), let year = Int64(parts[3]), (1950...9999).contains(year)
        else { return nil }
        let clock = parts[2].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, clock.allSatisfy({ (0..<61).contains($0) }) else { return nil }
        // Days since 1970 with the year beginning in March, so that the leap day comes last.
        let shifted = month < 2 ? year - 1 : year
        let dayOfYear = (153 * Int64((month + 10) % 12) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }
}
