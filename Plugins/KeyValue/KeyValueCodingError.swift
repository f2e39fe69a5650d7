/// Why a command, query, output or answer could not be encoded or decoded. The description is one line.
public struct KeyValueCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// A key of no bytes.
        public static var emptyKey: Code { Code(description: "empty key") }
        /// A key over `KeyValueLimits.keyBytes`.
        public static var keyTooLong: Code { Code(description: "key too long") }
        /// A value over `KeyValueLimits.valueBytes`.
        public static var valueTooLong: Code { Code(description: "value too long") }
        /// A format this build does not know.
        public static var unknownVersion: Code { Code(description: "unknown version") }
        /// Bytes that are not in the format.
        public static var malformed: Code { Code(description: "malformed") }
    }

    public let code: Code
    public let description: String

    static var emptyKey: KeyValueCodingError { KeyValueCodingError(code: .emptyKey, description: "the key is empty") }

    static func keyTooLong(_ count: Int) -> KeyValueCodingError {
        KeyValueCodingError(
            code: .keyTooLong,
            description: "the key has \(count) bytes; at most \(KeyValueLimits.keyBytes) are possible")
    }

    static func valueTooLong(_ count: Int) -> KeyValueCodingError {
        KeyValueCodingError(
            code: .valueTooLong,
            description: "the value has \(count) bytes; at most \(KeyValueLimits.valueBytes) are possible")
    }

    static func unknownVersion(_ version: UInt8) -> KeyValueCodingError {
        KeyValueCodingError(
            code: .unknownVersion, description: "format version \(version) is not known; this build knows 1")
    }

    static func malformed(_ why: String) -> KeyValueCodingError {
        KeyValueCodingError(code: .malformed, description: "the message \(why)")
    }
}
