/// A collection whose order differs from run to run and would show in its bytes: its entries are sorted once encoded.
protocol HashOrdered {
    /// How many values one entry is; nil when the collection encodes itself as fields, which are sorted anyway.
    var valuesPerEntry: Int? { get }

    /// Encodes the entries in any order, as the standard library's `init(from:)` reads them.
    func encodeEntries(into context: BinaryEncodingContext) throws
}

extension Set: HashOrdered where Element: Encodable {
    var valuesPerEntry: Int? { 1 }

    func encodeEntries(into context: BinaryEncodingContext) throws {
        for element in self { try context.encode(element) }
    }
}

extension Dictionary: HashOrdered where Key: Encodable, Value: Encodable {
    /// The standard library's choice: fields for these kinds of key, else keys and values by turns.
    var valuesPerEntry: Int? {
        Key.self == String.self || Key.self == Int.self || Key.self is any CodingKeyRepresentable.Type ? nil : 2
    }

    func encodeEntries(into context: BinaryEncodingContext) throws {
        for (key, value) in self {
            try context.encode(key)
            try context.encode(value)
        }
    }
}
