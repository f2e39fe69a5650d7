/// Why a value could not be encoded or bytes could not be decoded. The description is one line.
public struct BinaryCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The bytes are not in the format of ``BinaryCoder``.
        public static var malformed: Code { Code(description: "malformed") }
        /// The bytes hold something else than the type asked for.
        public static var mismatch: Code { Code(description: "mismatch") }
        /// A field that is needed is not there.
        public static var missing: Code { Code(description: "missing") }
        /// More values inside one another than ``BinaryCoder/depthLimit``.
        public static var tooDeep: Code { Code(description: "too deep") }
        /// A part of 4 GiB or more.
        public static var tooLarge: Code { Code(description: "too large") }
        /// A type's `encode(to:)` or `init(from:)` does not keep to the rules of `Encoder` and `Decoder`.
        public static var misuse: Code { Code(description: "misuse") }
        /// The type itself refused the value.
        public static var refused: Code { Code(description: "refused") }
    }

    public let code: Code
    public let description: String

    init(code: Code, _ description: String) {
        self.code = code
        self.description = String(description.map { $0.isNewline ? " " : $0 })
    }

    static func malformed(_ what: String, at offset: Int) -> BinaryCodingError {
        BinaryCodingError(code: .malformed, "\(what) at byte \(offset)")
    }

    static func truncated(at offset: Int) -> BinaryCodingError { malformed("ends early", at: offset) }

    static func mismatch(_ wanted: String, tag: UInt8, at offset: Int) -> BinaryCodingError {
        BinaryCodingError(code: .mismatch, "holds \(BinaryTag.name(of: tag)) instead of \(wanted) at byte \(offset)")
    }

    static func mismatch(_ type: Any.Type, tag: UInt8, at offset: Int) -> BinaryCodingError {
        mismatch(String(describing: type), tag: tag, at: offset)
    }

    static func missing(_ name: String) -> BinaryCodingError {
        BinaryCodingError(code: .missing, "lacks the field \"\(name)\"")
    }

    static var ended: BinaryCodingError { BinaryCodingError(code: .missing, "holds a sequence that is too short") }

    static var tooDeep: BinaryCodingError {
        BinaryCodingError(code: .tooDeep, "is nested more than \(BinaryCoder.depthLimit) deep")
    }

    static var tooLarge: BinaryCodingError { BinaryCodingError(code: .tooLarge, "holds a part of 4 GiB or more") }

    static func misuse(_ what: String) -> BinaryCodingError { BinaryCodingError(code: .misuse, what) }

    /// What generated `init(from:)` throw, and the standard library's collections.
    init(_ error: DecodingError) {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            self.init(code: .refused, "was refused: \(context.debugDescription)")
        case .keyNotFound(let key, _): self = .missing(key.stringValue)
        @unknown default: self.init(code: .refused, "was refused")
        }
    }

    init(_ error: EncodingError) {
        switch error {
        case .invalidValue(_, let context): self.init(code: .refused, "was refused: \(context.debugDescription)")
        @unknown default: self.init(code: .refused, "was refused")
        }
    }
}
