package import Primitives

/// An event as filters look at it. What a path leads through is read once, however many filters ask.
package final class FilterSubject {
    private let type: SubjectValue?
    private let data: SubjectValue?
    private let metadata: SubjectValue?

    package init(type: String, data: RawJSON?, metadata: RawJSON?) {
        var text = ""
        JSONText.append(type, to: &text)
        self.type = (try? RawJSON(Array(text.utf8))).map { SubjectValue($0) }
        self.data = data.map { SubjectValue($0) }
        self.metadata = metadata.map { SubjectValue($0) }
    }

    func value(at path: FieldPath) -> SubjectValue? {
        var found =
            switch path.root {
            case .type: type
            case .data: data
            case .metadata: metadata
            }
        for step in path.steps { found = found?.child(step) }
        return found
    }

    /// JSON text of the scalar at a path, where equal values have equal texts; nil where there is none.
    package func scalarText(at path: FieldPath) -> String? {
        guard let found = value(at: path) else { return nil }
        switch found.json.kind {
        case .array, .object, .null: return nil
        case .boolean, .number, .string: return found.canonicalText
        }
    }
}

/// A value of an event, with what was already read of it.
final class SubjectValue {
    let json: RawJSON
    private lazy var members: [[UInt8]: SubjectValue] = {
        var found: [[UInt8]: SubjectValue] = [:]
        for member in json.members ?? [] { found[Array(member.name.utf8)] = SubjectValue(member.value) }
        return found
    }()
    private lazy var elements = (json.elements ?? []).map { SubjectValue($0) }
    private(set) lazy var comparable = FilterValue(json)

    init(_ json: RawJSON) { self.json = json }

    func child(_ step: FieldPath.Step) -> SubjectValue? {
        switch json.kind {
        case .object: return members[step.name]
        case .array:
            guard let index = step.index, index < elements.count else { return nil }
            return elements[index]
        default: return nil
        }
    }

    /// Nil for arrays and objects, which are not read whole for it.
    var scalar: FilterValue? { json.kind == .array || json.kind == .object ? nil : comparable }

    fileprivate var canonicalText: String {
        switch comparable {
        case .text(let bytes): "s" + String(decoding: bytes, as: UTF8.self)
        case .number(let number): "n" + number.canonicalText
        default: json.text
        }
    }
}
