import Foundation
import Ledger
import Primitives

/// Takes a text apart into the words by which it is found: runs of letters and digits, without case, accents and width.
enum SearchText {
    static func words(of texts: [String], workspace: WorkspaceID) -> SearchWords {
        var words: [String] = []
        for text in texts {
            let folded = text.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
            words += folded.unicodeScalars.split { !isPart($0) }.map { String(String.UnicodeScalarView($0)) }
        }
        return SearchWords(words, workspace: workspace)
    }

    private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.properties.isAlphabetic || (0x30...0x39).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark: return true
        default: return scalar.properties.isAlphabetic
        }
    }
}

extension Query {
    /// The words of `q`: rows have all of them, each as the beginning of a word. Nil without; where there is no word in it, no row has it.
    mutating func words(workspace: WorkspaceID) -> SearchWords? {
        text("q").map { SearchText.words(of: [$0], workspace: workspace) }
    }
}
