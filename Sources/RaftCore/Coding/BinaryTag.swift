/// The first byte of an encoded value; the table is at ``BinaryCoder``.
enum BinaryTag {
    static var nothing: UInt8 { 0x00 }
    static var some: UInt8 { 0x01 }
    static var no: UInt8 { 0x02 }
    static var yes: UInt8 { 0x03 }
    static var float: UInt8 { 0x04 }
    static var double: UInt8 { 0x05 }
    static var text: UInt8 { 0x06 }
    static var bytes: UInt8 { 0x07 }
    static var sequence: UInt8 { 0x08 }
    static var fields: UInt8 { 0x09 }
    /// The low three bits of an integer's tag are the logarithm of its size.
    static var natural: UInt8 { 0x10 }
    static var negative: UInt8 { 0x18 }

    /// A sequence or fields: the tag and four bytes of length.
    static var containerHeader: Int { 5 }

    static func name(of tag: UInt8) -> String {
        switch tag {
        case nothing: "nil"
        case some: "a nested optional"
        case no, yes: "a Bool"
        case float: "a Float"
        case double: "a Double"
        case text: "a String"
        case bytes: "bytes"
        case sequence: "a sequence"
        case fields: "fields"
        case natural...natural + 4, negative...negative + 4: "an integer"
        default: "the unknown tag \(tag)"
        }
    }
}
