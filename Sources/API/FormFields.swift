import HTTPTypes
import Hummingbird
import NIOCore

/// The fields of a form, or of a query: `application/x-www-form-urlencoded`, taken strictly.
package struct FormFields: Sendable {
    package enum Defect: Error, Sendable, Equatable {
        case unsupportedMediaType
        case tooLarge(limit: Int)
        case tooMany(limit: Int)
        /// A `%` without two digits, or bytes that are no UTF-8, or a NUL. Says where, never what.
        case malformed(offset: Int)
    }

    package static let mostBytes = 64 << 10
    package static let mostFields = 100

    /// In the order of the text.
    package private(set) var pairs: [(name: String, value: String)] = []
    /// The first value of each name.
    package private(set) var values: [String: String] = [:]
    /// Names that came more than once. OAuth refuses a request for them (RFC 6749 §3.1).
    package private(set) var repeated: Set<String> = []

    package static let none = FormFields()
    private init() {}

    package init(_ bytes: some Collection<UInt8>) throws(Defect) {
        guard bytes.count <= Self.mostBytes else { throw .tooLarge(limit: Self.mostBytes) }
        let bytes = Array(bytes)
        var start = 0
        var count = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
            // Two `&` in a row, or one at the end, is no field.
            if end > start {
                count += 1
                guard count <= Self.mostFields else { throw .tooMany(limit: Self.mostFields) }
                let equals = bytes[start..<end].firstIndex(of: UInt8(ascii: "=")) ?? end
                let name = try Self.decode(bytes, start..<equals)
                let value = try Self.decode(bytes, min(equals + 1, end)..<end)
                pairs.append((name, value))
                if values[name] == nil { values[name] = value } else { repeated.insert(name) }
            }
            start = end + 1
        }
    }

    /// Nil when it is absent or empty, which is the same to OAuth (RFC 6749 §3.1).
    package subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    package var names: Set<String> { Set(values.keys) }

    private static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(Defect) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            switch bytes[position] {
            case UInt8(ascii: "+"): decoded.append(0x20)
            case UInt8(ascii: "%"):
                guard position + 2 < range.upperBound, let high = digit(bytes[position + 1]), let low = digit(bytes[position + 2]) else {
                    throw .malformed(offset: position)
                }
                decoded.append(high << 4 | low)
                position += 2
            case let byte: decoded.append(byte)
            }
            if decoded.last == 0 { throw .malformed(offset: position) }
            position += 1
        }
        guard let text = String(validating: decoded, as: UTF8.self) else { throw .malformed(offset: range.lowerBound) }
        return text
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Request {
    /// The fields of a form that was posted. Throws `FormFields.Defect` for what is none.
    func formFields() async throws -> FormFields {
        guard Self.isForm(headers[.contentType]), ["", "identity"].contains(headers[.contentEncoding]?.lowercased() ?? "") else {
            throw FormFields.Defect.unsupportedMediaType
        }
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > FormFields.mostBytes {
            throw FormFields.Defect.tooLarge(limit: FormFields.mostBytes)
        }
        do {
            return try FormFields(try await body.collect(upTo: FormFields.mostBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw FormFields.Defect.tooLarge(limit: FormFields.mostBytes)
        }
    }

    /// The parameters of its query, as strictly as a form's.
    func queryFields() throws(FormFields.Defect) -> FormFields { try FormFields((uri.query ?? "").utf8) }

    private static func isForm(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let parts = contentType.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\"" } }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
        return parts.first == "application/x-www-form-urlencoded" && (charset == nil || charset == "charset=utf-8")
    }
}

extension Problem {
    /// For routes that answer with problems; those of OAuth have errors of their own.
    init(_ defect: FormFields.Defect) {
        switch defect {
        case .unsupportedMediaType:
            self.init(
                status: .unsupportedMediaType, code: "unsupported_media_type",
                detail: "The body must be application/x-www-form-urlencoded in UTF-8, not encoded.")
        case .tooLarge(let limit): self = .tooLarge("body", limit: limit)
        case .tooMany(let limit): self.init(status: .badRequest, code: "invalid_form", detail: "There are more than \(limit) fields.")
        case .malformed(let offset): self.init(status: .badRequest, code: "invalid_form", detail: "The form is not validly encoded at byte \(offset).")
        }
    }
}
