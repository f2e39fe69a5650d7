/// Where one encoding stands: the bytes so far and the values that are open, outermost first.
///
/// Values given to a container are written at once. Nested containers and super encoders may be filled in any order, even
/// after the container they came from went on: each writes into a context of its own, whose bytes go into their place
/// when the value around them ends.
final class BinaryEncodingContext {
    /// A value whose `encode(to:)` is running.
    struct Frame {
        enum Kind { case empty, single, sequence, fields }

        /// Where its bytes start.
        let start: Int
        var kind: Kind = .empty
        /// How many values it holds.
        var count = 0
        /// Where the name of the last field stands: fields written in order need not be sorted.
        var lastName: Range<Int>?
        var isAscending = true
        var deferred: [(offset: Int, context: BinaryEncodingContext)] = []

        init(start: Int) { self.start = start }
    }

    // No access to these two overlaps another: no code but this type's runs inside one. The checks took a third of the time.
    @exclusivity(unchecked) private(set) var bytes: [UInt8] = []
    /// The innermost open value, and those around it.
    @exclusivity(unchecked) private var frame: Frame
    @exclusivity(unchecked) private var outer: [Frame] = []
    /// How many values lie around this context.
    private let depth: Int
    /// The first breach of the rules in a call that cannot throw.
    private var failure: BinaryCodingError?

    init(depth: Int) {
        self.depth = depth
        frame = Frame(start: 0)
        bytes.reserveCapacity(128)
    }

    // MARK: Whole values

    /// The bytes of `value`, when it is all this context is for.
    func encodeAlone<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        try fill(with: value, at: 0)
        var bytes = try finish()
        if isNested(value, at: 0, in: bytes) { bytes.insert(BinaryTag.some, at: 0) }
        return bytes
    }

    /// Appends `value`; when it throws, nothing is appended.
    func encode<Value: Encodable>(_ value: Value) throws {
        if try DirectPath.write(value, to: &bytes) { return }
        let start = bytes.count
        let level = outer.count + 1
        guard depth + level < BinaryCoder.depthLimit else { throw BinaryCodingError.tooDeep }
        outer.append(frame)
        frame = Frame(start: start)
        do {
            try fill(with: value, at: level)
            try close()
            frame = outer.removeLast()
        } catch {
            while outer.count >= level { frame = outer.removeLast() }
            bytes.removeSubrange(start...)
            throw error
        }
        if isNested(value, at: start, in: bytes) { markNested(at: start) }
    }

    @inline(__always)
    private func fill<Value: Encodable>(with value: Value, at level: Int) throws {
        // Sets and dictionaries are a single pointer: the comparison spares most types the cast.
        if MemoryLayout<Value>.size == MemoryLayout<Set<Int>>.size, let value = value as? any HashOrdered,
            let valuesPerEntry = value.valuesPerEntry
        {
            open(.sequence, at: level)
            try value.encodeEntries(into: self)
            try sortEntries(from: frame.start + BinaryTag.containerHeader, valuesPerEntry: valuesPerEntry)
        } else {
            try value.encode(to: BinaryEncoder(context: self, level: level))
        }
    }

    /// Whether `value`, encoded at `start`, is an optional around nil or around another such optional.
    @inline(__always)
    private func isNested<Value>(_ value: Value, at start: Int, in bytes: [UInt8]) -> Bool {
        guard bytes[start] <= BinaryTag.some, let type = Value.self as? any NestableOptional.Type else { return false }
        return !type.isNil(value)
    }

    func encodeNil() { bytes.append(BinaryTag.nothing) }

    /// Tells an optional that holds the value at `start` from that value, which is nil or such an optional itself.
    func markNested(at start: Int) {
        if bytes[start] <= BinaryTag.some { bytes.insert(BinaryTag.some, at: start) }
    }

    /// The bytes of everything that was encoded.
    func finish() throws -> [UInt8] {
        try close()
        if let failure { throw failure }
        // No container stands at a level that is open any more.
        outer.append(frame)
        return bytes
    }

    // MARK: What containers do

    /// Makes the value at `level` one of `kind`; may be repeated with the same kind.
    func open(_ kind: Frame.Kind, at level: Int) {
        guard level == outer.count else { return fail("a container was asked for out of turn") }
        guard frame.kind != kind else { return }
        guard frame.kind == .empty else { return fail("a value asked for containers of two kinds") }
        frame.kind = kind
        guard kind != .single else { return }
        bytes.append(kind == .fields ? BinaryTag.fields : BinaryTag.sequence)
        for _ in 1..<BinaryTag.containerHeader { bytes.append(0) }
    }

    /// Appends the field `name` to the value at `level`. When `body` throws, the field is not there.
    @inline(__always)
    func field(_ name: String, at level: Int, _ body: () throws -> Void) throws {
        try checkTurn(level)
        let end = bytes.count
        let (lastName, isAscending) = (frame.lastName, frame.isAscending)
        do {
            try append(name: name)
            try body()
        } catch {
            frame.lastName = lastName
            frame.isAscending = isAscending
            bytes.removeSubrange(end...)
            throw error
        }
    }

    /// Appends a value to the sequence or the single value at `level`.
    @inline(__always)
    func element(at level: Int, _ body: () throws -> Void) throws {
        try checkTurn(level)
        guard frame.kind == .sequence || frame.count == 0 else {
            throw BinaryCodingError.misuse("two values were given to a container of one")
        }
        try body()
        frame.count += 1
    }

    func count(at level: Int) -> Int { level == outer.count ? frame.count : 0 }

    /// A context for what comes next at `level`, in the field `name` if there is one.
    func deferred(at level: Int, name: String?) -> BinaryEncodingContext {
        let inner = BinaryEncodingContext(depth: depth + level + 1)
        do {
            try checkTurn(level)
            guard inner.depth < BinaryCoder.depthLimit else { throw BinaryCodingError.tooDeep }
            if let name { try append(name: name) }
            frame.count += 1
            frame.deferred.append((offset: bytes.count, context: inner))
        } catch {
            failure = failure ?? error as? BinaryCodingError
        }
        return inner
    }

    // MARK: Inside

    private func fail(_ what: String) { failure = failure ?? .misuse(what) }

    @inline(__always)
    private func checkTurn(_ level: Int) throws(BinaryCodingError) {
        guard level == outer.count else { throw .misuse("a container was written to out of turn") }
    }

    private func append(name: String) throws(BinaryCodingError) {
        try bytes.append(lengthAndTextOf: name)
        let range = bytes.count - name.utf8.count..<bytes.count
        if let last = frame.lastName {
            let isAscending = bytes.withUnsafeBytes { raw in BinarySource(buffer: raw).precedes(last, range) }
            if !isAscending { frame.isAscending = false }
        }
        frame.lastName = range
    }

    /// Ends the innermost value: deferred parts go into their places, fields into their order, the length to the front.
    private func close() throws {
        var deferred = frame.deferred
        switch frame.kind {
        case .single:
            guard frame.count == 1 else { throw BinaryCodingError.misuse("no value was given to a container of one") }
            return
        case .empty:
            // A type without anything to say is a structure without fields.
            bytes.append(BinaryTag.fields)
            for _ in 1..<BinaryTag.containerHeader { bytes.append(0) }
            return
        case .sequence, .fields: break
        }
        // From the back, so that the offsets in front stay right.
        while let (offset, context) = deferred.popLast() {
            bytes.insert(contentsOf: try context.finish(), at: offset)
        }
        let contents = frame.start + BinaryTag.containerHeader
        if !frame.isAscending { try sortFields(from: contents) }
        guard let length = UInt32(exactly: bytes.count - contents) else { throw BinaryCodingError.tooLarge }
        withUnsafeBytes(of: length.littleEndian) { raw in
            for (position, byte) in raw.enumerated() { bytes[frame.start + 1 + position] = byte }
        }
    }

    private func sortFields(from start: Int) throws {
        try rearrange(from: start) { source, range in
            var fields = try source.fields(in: range)
            fields.sort { lhs, rhs in
                let order = BinarySource.order(source.slice(lhs.name), source.slice(rhs.name))
                return order != 0 ? order < 0 : lhs.value < rhs.value
            }
            // Of a name that was written twice the later value holds.
            return fields.indices.compactMap { index in
                let isLast =
                    index + 1 == fields.count
                    || BinarySource.order(source.slice(fields[index].name), source.slice(fields[index + 1].name)) != 0
                return isLast ? fields[index].whole : nil
            }
        }
    }

    private func sortEntries(from start: Int, valuesPerEntry: Int) throws {
        try rearrange(from: start) { source, range in
            var entries: [Range<Int>] = []
            var offset = range.lowerBound
            while offset < range.upperBound {
                let start = offset
                for _ in 0..<valuesPerEntry { offset = try source.end(ofValueAt: offset, limit: range.upperBound) }
                entries.append(start..<offset)
            }
            entries.sort { source.precedes($0, $1) }
            return entries
        }
    }

    /// Replaces what follows `start` by those pieces of it, in that order.
    private func rearrange(
        from start: Int, _ pieces: (BinarySource, Range<Int>) throws -> [Range<Int>]
    ) throws {
        let sorted = try bytes.withUnsafeBytes { raw in
            var sorted: [UInt8] = []
            sorted.reserveCapacity(raw.count - start)
            let source = BinarySource(buffer: raw)
            for piece in try pieces(source, start..<raw.count) { sorted.append(contentsOf: source.slice(piece)) }
            return sorted
        }
        bytes.replaceSubrange(start..., with: sorted)
    }
}
