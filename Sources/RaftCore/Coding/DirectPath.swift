/// Recognises the types that need no `Encoder`: integers, `Bool`, `Float`, `Double`, `String`, `[UInt8]` and optionals of
/// those.
///
/// A generic value is recognised by comparing its type with those of the same size: a few comparisons of pointers, where
/// a dynamic cast to a protocol costs more than the encoding itself. Where the compiler knows the type, nothing remains.
enum DirectPath {
    /// Appends `value` if it is of one of the types, else returns false.
    @inline(__always)
    static func write<Value>(_ value: Value, to bytes: inout [UInt8]) throws -> Bool {
        switch MemoryLayout<Value>.size {
        case 1:
            return try put(value, UInt8.self, &bytes) || put(value, Bool.self, &bytes)
                || put(value, Int8.self, &bytes) || putOptional(value, Bool.self, &bytes)
        case 2:
            return try put(value, UInt16.self, &bytes) || put(value, Int16.self, &bytes)
                || putOptional(value, UInt8.self, &bytes) || putOptional(value, Int8.self, &bytes)
        case 3:
            return try putOptional(value, UInt16.self, &bytes) || putOptional(value, Int16.self, &bytes)
        case 4:
            return try put(value, UInt32.self, &bytes) || put(value, Int32.self, &bytes)
                || put(value, Float.self, &bytes)
        case 5:
            return try putOptional(value, UInt32.self, &bytes) || putOptional(value, Int32.self, &bytes)
                || putOptional(value, Float.self, &bytes)
        case 8:
            return try put(value, Int.self, &bytes) || put(value, UInt64.self, &bytes)
                || put(value, Int64.self, &bytes) || put(value, UInt.self, &bytes)
                || put(value, Double.self, &bytes) || put(value, [UInt8].self, &bytes)
                || putOptional(value, [UInt8].self, &bytes)
        case 9:
            return try putOptional(value, Int.self, &bytes) || putOptional(value, UInt64.self, &bytes)
                || putOptional(value, Int64.self, &bytes) || putOptional(value, UInt.self, &bytes)
                || putOptional(value, Double.self, &bytes)
        case 16:
            return try put(value, String.self, &bytes) || putOptional(value, String.self, &bytes)
                || put(value, UInt128.self, &bytes) || put(value, Int128.self, &bytes)
        case 17:
            return try putOptional(value, UInt128.self, &bytes) || putOptional(value, Int128.self, &bytes)
        default:
            return false
        }
    }

    /// The value at `offset` if it is of one of the types, else what `otherwise` gives. (A result of type `Value?` would
    /// have its type looked up at run time, which takes longer than all the rest.)
    @inline(__always)
    static func read<Value>(
        _ type: Value.Type, from source: BinarySource, at offset: Int, otherwise: () throws -> Value
    ) throws -> Value {
        switch MemoryLayout<Value>.size {
        case 1:
            if type == UInt8.self { return try get(UInt8.self, source, offset) }
            if type == Bool.self { return try get(Bool.self, source, offset) }
            if type == Int8.self { return try get(Int8.self, source, offset) }
            if type == Bool?.self { return try getOptional(Bool.self, source, offset) }
        case 2:
            if type == UInt16.self { return try get(UInt16.self, source, offset) }
            if type == Int16.self { return try get(Int16.self, source, offset) }
            if type == UInt8?.self { return try getOptional(UInt8.self, source, offset) }
            if type == Int8?.self { return try getOptional(Int8.self, source, offset) }
        case 3:
            if type == UInt16?.self { return try getOptional(UInt16.self, source, offset) }
            if type == Int16?.self { return try getOptional(Int16.self, source, offset) }
        case 4:
            if type == UInt32.self { return try get(UInt32.self, source, offset) }
            if type == Int32.self { return try get(Int32.self, source, offset) }
            if type == Float.self { return try get(Float.self, source, offset) }
        case 5:
            if type == UInt32?.self { return try getOptional(UInt32.self, source, offset) }
            if type == Int32?.self { return try getOptional(Int32.self, source, offset) }
            if type == Float?.self { return try getOptional(Float.self, source, offset) }
        case 8:
            if type == Int.self { return try get(Int.self, source, offset) }
            if type == UInt64.self { return try get(UInt64.self, source, offset) }
            if type == Int64.self { return try get(Int64.self, source, offset) }
            if type == UInt.self { return try get(UInt.self, source, offset) }
            if type == Double.self { return try get(Double.self, source, offset) }
            if type == [UInt8].self { return try get([UInt8].self, source, offset) }
            if type == [UInt8]?.self { return try getOptional([UInt8].self, source, offset) }
        case 9:
            if type == Int?.self { return try getOptional(Int.self, source, offset) }
            if type == UInt64?.self { return try getOptional(UInt64.self, source, offset) }
            if type == Int64?.self { return try getOptional(Int64.self, source, offset) }
            if type == UInt?.self { return try getOptional(UInt.self, source, offset) }
            if type == Double?.self { return try getOptional(Double.self, source, offset) }
        case 16:
            if type == String.self { return try get(String.self, source, offset) }
            if type == String?.self { return try getOptional(String.self, source, offset) }
            if type == UInt128.self { return try get(UInt128.self, source, offset) }
            if type == Int128.self { return try get(Int128.self, source, offset) }
        case 17:
            if type == UInt128?.self { return try getOptional(UInt128.self, source, offset) }
            if type == Int128?.self { return try getOptional(Int128.self, source, offset) }
        default: break
        }
        return try otherwise()
    }

    // In what follows `unsafeBitCast` casts between two names of one type: the line before compares them.

    @inline(__always)
    private static func put<Value, Direct: DirectValue>(
        _ value: Value, _ direct: Direct.Type, _ bytes: inout [UInt8]
    ) throws -> Bool {
        guard Value.self == direct else { return false }
        try unsafeBitCast(value, to: direct).append(to: &bytes)
        return true
    }

    @inline(__always)
    private static func putOptional<Value, Direct: DirectValue>(
        _ value: Value, _ direct: Direct.Type, _ bytes: inout [UInt8]
    ) throws -> Bool {
        guard Value.self == Direct?.self else { return false }
        if let content = unsafeBitCast(value, to: Direct?.self) {
            try content.append(to: &bytes)
        } else {
            bytes.append(BinaryTag.nothing)
        }
        return true
    }

    @inline(__always)
    private static func get<Value, Direct: DirectValue>(
        _ direct: Direct.Type, _ source: BinarySource, _ offset: Int
    ) throws -> Value {
        unsafeBitCast(try Direct.read(from: source, at: offset), to: Value.self)
    }

    @inline(__always)
    private static func getOptional<Value, Direct: DirectValue>(
        _ direct: Direct.Type, _ source: BinarySource, _ offset: Int
    ) throws -> Value {
        let isNil = try source.byte(at: offset) == BinaryTag.nothing
        return unsafeBitCast(isNil ? nil : try Direct.read(from: source, at: offset), to: Value.self)
    }
}
