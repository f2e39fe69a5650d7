import RaftCore
import Testing

@Suite("The binary coder")
struct BinaryCoderTests {
    // MARK: Round trips

    @Test("Structures, enums and nested collections come back as they were")
    func roundTrips() throws {
        try expectRoundTrip(Point(x: 1, y: -70_000))
        try expectRoundTrip(Account.sample)
        for command in [Command.put(key: "a", value: [1, 2, 3]), .delete("b"), .nested(.delete("c")), .flush] {
            try expectRoundTrip(command)
        }
        try expectRoundTrip([Point(x: 0, y: 0), Point(x: 1, y: 2)])
        try expectRoundTrip([[], [1], [1, 2]] as [[Int]])
        try expectRoundTrip(Set(0..<100))
        try expectRoundTrip(["a": 1, "": 2, "a much longer key, not stored inline": 3])
        try expectRoundTrip([1: "one", -20: "minus twenty", 300: ""])
        try expectRoundTrip([Point(x: 1, y: 2): Set(["p", "q"]), Point(x: 3, y: 4): []])
        try expectRoundTrip(Empty())
        try expectRoundTrip(Level.high)
        try expectRoundTrip(Tree(value: 1, children: [Tree(value: 2, children: []), Tree(value: 3, children: [])]))
    }

    @Test("Integers of every width come back at their bounds, each in as few bytes as hold it")
    func integers() throws {
        func check<Value: FixedWidthInteger & Codable>(_: Value.Type) throws {
            for value in [Value.min, Value.max, 0, 1, Value.min + 1, Value.max - 1, Value.max / 2, Value.min / 2] {
                try expectRoundTrip(value)
                try expectRoundTrip(Value?.some(value))
                try expectRoundTrip([value])
                try expectRoundTrip(["k": value])
                try expectRoundTrip(Box(content: value))
            }
            try expectRoundTrip(Value?.none)
        }
        try check(Int.self)
        try check(Int8.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Int64.self)
        try check(Int128.self)
        try check(UInt.self)
        try check(UInt8.self)
        try check(UInt16.self)
        try check(UInt32.self)
        try check(UInt64.self)
        try check(UInt128.self)

        let sizes: [(Int128, Int)] = [
            (255, 2), (256, 3), (65_536, 5), (1 << 32, 9), (1 << 64, 17), (-128, 2), (-129, 3), (-32_769, 5),
            (-1 << 31 - 1, 9), (-1 << 63 - 1, 17),
        ]
        for (value, size) in sizes { #expect(try BinaryCoder.encode(value).count == size, "\(value)") }
        // An integer carries its value, not its type.
        #expect(try BinaryCoder.decode(UInt64.self, from: BinaryCoder.encode(Int8(7))) == 7)
        #expect(throws: BinaryCodingError.self) {
            try BinaryCoder.decode(Int8.self, from: BinaryCoder.encode(128))
        }
    }

    @Test("The other direct types and optionals of them come back bit by bit")
    func scalars() throws {
        for value in [true, false] { try expectRoundTrip(value) }
        for value in [0, -0.0, 1.5, -.infinity, .leastNonzeroMagnitude] as [Double] {
            #expect(try BinaryCoder.decode(Double.self, from: BinaryCoder.encode(value)).bitPattern == value.bitPattern)
            let narrow = Float(value)
            let back = try BinaryCoder.decode(Float.self, from: BinaryCoder.encode(narrow))
            #expect(back.bitPattern == narrow.bitPattern)
        }
        let lengths = [0, 1, 15, 16, 253, 254, 255, 256, 70_000]
        for length in lengths {
            try expectRoundTrip(String(repeating: "é", count: length))
            try expectRoundTrip([UInt8](repeating: 7, count: length))
            try expectRoundTrip([String(repeating: "k", count: length): length])
        }
        try expectRoundTrip(
            Optionals(bool: true, double: 1, float: 2, text: "", bytes: [], number: 3, small: -1))
        try expectRoundTrip(Optionals())
        try expectRoundTrip([nil, 1, nil] as [Int?])
        try expectRoundTrip([nil, "", "x"] as [String?])
        try expectRoundTrip([nil, [], [0]] as [[UInt8]?])
    }

    @Test("An optional inside an optional keeps its level of nil")
    func nestedOptionals() throws {
        let values: [Int???] = [nil, .some(nil), .some(.some(nil)), 5]
        for value in values {
            try expectRoundTrip(value)
            try expectRoundTrip(Box(content: value))
            try expectRoundTrip([value])
            try expectRoundTrip(["key": value])
        }
        let points: [Point??] = [nil, .some(nil), Point(x: 1, y: 2)]
        for value in points {
            try expectRoundTrip(value)
            try expectRoundTrip(Box(content: value))
            try expectRoundTrip([value, value])
        }
        #expect(Set(try values.map { try BinaryCoder.encode($0) }).count == values.count)
    }

    @Test("A class and its superclass come back, through a super encoder or one container")
    func classes() throws {
        let dog = Dog(name: "Rex", tricks: ["sit", "roll"])
        let dogBack = try BinaryCoder.decode(Dog.self, from: BinaryCoder.encode(dog))
        #expect(dogBack.name == "Rex")
        #expect(dogBack.tricks == ["sit", "roll"])

        let cat = Cat(name: "Tom", lives: 9)
        let catBack = try BinaryCoder.decode(Cat.self, from: BinaryCoder.encode(cat))
        #expect(catBack.name == "Tom")
        #expect(catBack.lives == 9)
    }

    @Test("Nested containers may be filled in turns, and after their parent went on")
    func interleavedContainers() throws {
        try expectRoundTrip(Interleaved(left: [1, 2, 3], right: ["a": 4, "b": 5], tail: 6))
    }

    // MARK: Determinism

    @Test("Dictionaries and sets give the same bytes in whatever order they were filled")
    func collectionsAreSorted() throws {
        var reference: [[UInt8]] = []
        for seed in UInt64(0)..<20 {
            var random = SplitMix(state: seed)
            var byText: [String: Int] = [:]
            var byPoint: [Point: [String: Int]] = [:]
            var set: Set<String> = []
            byText.reserveCapacity(64 << Int(seed % 6))
            byPoint.reserveCapacity(64 << Int(seed % 6))
            set.reserveCapacity(64 << Int(seed % 6))
            for number in (0..<50).shuffled(using: &random) {
                byText["key \(number)"] = number
                byPoint[Point(x: number, y: -number)] = ["n": number, "m": number]
                set.insert("element \(number)")
            }
            let forwarded = ForwardedDictionary(content: byText)
            let encoded = [
                try BinaryCoder.encode(byText), try BinaryCoder.encode(byPoint), try BinaryCoder.encode(set),
                try BinaryCoder.encode([set]), try BinaryCoder.encode(Box(content: byPoint)),
                try BinaryCoder.encode(Optional(set)), try BinaryCoder.encode(forwarded),
            ]
            if reference.isEmpty { reference = encoded }
            #expect(encoded == reference, "seed \(seed)")
        }
    }

    @Test("Fields are sorted by name and the later of two with one name holds")
    func fieldsAreSorted() throws {
        let names = ["b", "", "ab", "a", "b", "c"]
        let bytes = try BinaryCoder.encode(Written(names: names))
        #expect(try bytes == BinaryCoder.encode(["": 1, "a": 3, "ab": 2, "b": 4, "c": 5]))
    }

    @Test("Five values have the bytes the format says")
    func goldenBytes() throws {
        #expect(try BinaryCoder.encode(300) == [0x11, 0x2C, 0x01])
        #expect(try BinaryCoder.encode("Raft") == [0x06, 4, 0x52, 0x61, 0x66, 0x74])
        #expect(
            try BinaryCoder.encode(Point(x: 5, y: -2)) == [
                0x09, 8, 0, 0, 0, 1, 0x78, 0x10, 5, 1, 0x79, 0x18, 0xFE,
            ])
        #expect(
            try BinaryCoder.encode([nil, .some(nil), true] as [Bool??]) == [0x08, 4, 0, 0, 0, 0x00, 0x01, 0x00, 0x03])
        #expect(
            try BinaryCoder.encode(Command.put(key: "k", value: [1, 2])) == [
                0x09, 26, 0, 0, 0, 3, 0x70, 0x75, 0x74,
                0x09, 17, 0, 0, 0, 3, 0x6B, 0x65, 0x79, 0x06, 1, 0x6B, 5, 0x76, 0x61, 0x6C, 0x75, 0x65, 0x07, 2, 1, 2,
            ])
    }

    // MARK: Evolution

    @Test("A field that was added reads as nil from old bytes, one that is gone is skipped")
    func evolution() throws {
        let old = try BinaryCoder.encode(Point(x: 1, y: 2))
        #expect(try BinaryCoder.decode(Point3.self, from: old) == Point3(x: 1, y: 2, z: nil))
        let new = try BinaryCoder.encode(Point3(x: 1, y: 2, z: [3: "three"]))
        #expect(try BinaryCoder.decode(Point.self, from: new) == Point(x: 1, y: 2))
    }

    // MARK: Hostile bytes

    @Test("Bytes that are cut short or go on are refused in one line (V15)")
    func truncation() throws {
        for sample in try Samples.all() {
            for count in 0..<sample.bytes.count {
                #expect(throws: BinaryCodingError.self) { try sample.decode([UInt8](sample.bytes[..<count])) }
            }
            #expect(throws: BinaryCodingError.self) { try sample.decode(sample.bytes + [0]) }
        }
    }

    @Test("Corrupted bytes decode to something or are refused in one line, and never trap (N2)")
    func corruption() throws {
        for sample in try Samples.all() {
            for seed in UInt64(0)..<3_000 {
                var random = SplitMix(state: seed)
                var bytes = sample.bytes
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let position = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[position] = .random(in: 0...255, using: &random)
                    case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    case 2: bytes.insert(.random(in: 0...0x1F, using: &random), at: position)
                    default: if bytes.count > 1 { bytes.remove(at: position) }
                    }
                }
                do {
                    try sample.decode(bytes)
                } catch {
                    #expect(error is BinaryCodingError, "seed \(seed)")
                    #expect(!"\(error)".contains { $0.isNewline }, "seed \(seed)")
                }
            }
        }
    }

    @Test(
        "Lengths beyond the end, unknown tags and longer spellings are refused (V15)",
        arguments: [
            [], [0x0A], [0x1D], [0xFF], [0x01], [0x01, 0x01], [0x11, 5, 0], [0x12, 255, 255, 0, 0], [0x18, 5],
            [0x19, 0xFF, 0xFF], [0x13, 1, 0, 0, 0, 0, 0, 0, 0], [0x06, 0xFF, 1, 0, 0, 0, 0x61], [0x06, 2, 0x61],
            [0x06, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x06, 1, 0xFF], [0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x08, 0xFF, 0xFF, 0xFF, 0xFF], [0x08, 1, 0, 0, 0], [0x09, 0xFF, 0xFF, 0xFF, 0x7F],
            [0x09, 2, 0, 0, 0, 0xFF, 0xFF], [0x09, 3, 0, 0, 0, 1, 0x78, 0x10], [0x01, 0x10, 5],
            [0x09, 6, 0, 0, 0, 1, 0x79, 0, 1, 0x78, 0], [0x09, 6, 0, 0, 0, 1, 0x78, 0, 1, 0x78, 0],
            [0x09, 3, 0, 0, 0, 1, 0xFF, 0],
        ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) {
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode(Int.self, from: bytes) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode(Point.self, from: bytes) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode(String.self, from: bytes) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode([UInt8].self, from: bytes) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode([Int?].self, from: bytes) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode([String: Point].self, from: bytes) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode(Int??.self, from: bytes) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode(Dog.self, from: bytes) }
    }

    @Test("A value that reaches over the end of what it lies in is refused, even where bytes follow (V15)")
    func overreach() {
        // Two sequences of strings; the string in the first says it has one byte more than the sequence.
        let second: [UInt8] = [0x08, 3, 0, 0, 0, 0x06, 1, 0x62]
        let sound = [0x08, 16, 0, 0, 0, 0x08, 3, 0, 0, 0, 0x06, 1, 0x61] + second
        let overreaching = [0x08, 16, 0, 0, 0, 0x08, 3, 0, 0, 0, 0x06, 2, 0x61] + second
        #expect(throws: Never.self) { try BinaryCoder.decode([[String]].self, from: sound) }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode([[String]].self, from: overreaching) }
        #expect(throws: BinaryCodingError.self) {
            try BinaryCoder.decode([String].self, from: [0x08, 3, 0, 0, 0, 0x06, 4, 0x61])
        }
        // The integer in the first sequence lacks its byte; the second sequence, empty, follows.
        #expect(throws: BinaryCodingError.self) {
            try BinaryCoder.decode(
                [[Int]].self, from: [0x08, 11, 0, 0, 0, 0x08, 1, 0, 0, 0, 0x10, 0x08, 0, 0, 0, 0])
        }
        // The inner sequence says it has one byte more than the outer one.
        #expect(throws: BinaryCodingError.self) {
            try BinaryCoder.decode([[Int]].self, from: [0x08, 7, 0, 0, 0, 0x08, 3, 0, 0, 0, 0x10, 5])
        }
    }

    @Test("Values nested too deep are refused on both sides")
    func depth() throws {
        func chain(_ length: Int) -> Chain { (1..<length).reduce(Chain(next: nil)) { chain, _ in Chain(next: chain) } }
        try expectRoundTrip(chain(60))
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.encode(chain(200)) }

        // The same bytes by hand: fields around fields.
        var bytes: [UInt8] = [0x09, 0, 0, 0, 0]
        for _ in 0..<1_000 {
            let length = UInt32(bytes.count + 5)
            bytes = [0x09] + withUnsafeBytes(of: length.littleEndian) { [UInt8]($0) } + [4] + Array("next".utf8) + bytes
        }
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode(Chain.self, from: bytes) }
        let optionals = [UInt8](repeating: 1, count: 100_000) + [0]
        #expect(throws: BinaryCodingError.self) { try BinaryCoder.decode(Int???.self, from: optionals) }
    }

    @Test("A type that does not keep to the rules of Encoder is an error, not a trap")
    func misuse() throws {
        for rule in Misuse.allCases {
            #expect(throws: BinaryCodingError.self, "\(rule)") { try BinaryCoder.encode(rule) }
            #expect(throws: BinaryCodingError.self, "\(rule)") { try BinaryCoder.encode([rule]) }
        }
    }

    @Test("A value that fails inside a container leaves nothing behind when its error is caught")
    func caughtErrors() throws {
        #expect(try BinaryCoder.encode(Tolerant()) == BinaryCoder.encode(["a": 1, "c": 3]))
    }
}

private func expectRoundTrip<Value: Codable & Equatable>(
    _ value: Value, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let bytes = try BinaryCoder.encode(value)
    #expect(try BinaryCoder.decode(Value.self, from: bytes) == value, sourceLocation: sourceLocation)
    #expect(try BinaryCoder.encode(value) == bytes, sourceLocation: sourceLocation)
}
