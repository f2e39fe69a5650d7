import RaftCore

extension BinaryCoderTests {
    struct Point: Codable, Hashable {
        var x: Int
        var y: Int
    }

    struct Point3: Codable, Equatable {
        var x: Int
        var y: Int
        var z: [Int: String]?
    }

    struct Empty: Codable, Equatable {}

    struct Box<Content: Codable & Equatable>: Codable, Equatable { var content: Content }

    enum Level: String, Codable { case low, high }

    enum Command: Codable, Equatable {
        case put(key: String, value: [UInt8])
        case delete(String)
        indirect case nested(Command)
        case flush
    }

    struct Account: Codable, Equatable {
        var name: String
        var balance: UInt64
        var limits: [Double]
        var history: [Command]
        var tags: Set<String>
        var owner: Box<Point?>
        var level: Level

        static var sample: Account {
            Account(
                name: "Žofie", balance: .max, limits: [0.5, -1], history: [.flush, .put(key: "k", value: [0, 255])],
                tags: ["a", "b"], owner: Box(content: Point(x: 1, y: 300)), level: .low)
        }
    }

    struct Optionals: Codable, Equatable {
        var bool: Bool?
        var double: Double?
        var float: Float?
        var text: String?
        var bytes: [UInt8]?
        var number: Int?
        var small: Int8?
    }

    struct Tree: Codable, Equatable {
        var value: Int
        var children: [Tree]
    }

    final class Chain: Codable, Equatable {
        let next: Chain?

        init(next: Chain?) { self.next = next }

        static func == (lhs: Chain, rhs: Chain) -> Bool { lhs.next == rhs.next }
    }

    class Animal: Codable {
        let name: String

        init(name: String) { self.name = name }
    }

    /// Keeps its superclass in the field `super`.
    final class Dog: Animal {
        let tricks: [String]

        init(name: String, tricks: [String]) {
            self.tricks = tricks
            super.init(name: name)
        }

        private enum CodingKeys: CodingKey { case tricks }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            tricks = try container.decode([String].self, forKey: .tricks)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try super.encode(to: container.superEncoder())
            try container.encode(tricks, forKey: .tricks)
        }
    }

    /// Shares one container with its superclass.
    final class Cat: Animal {
        let lives: Int

        init(name: String, lives: Int) {
            self.lives = lives
            super.init(name: name)
        }

        private enum CodingKeys: CodingKey { case lives }

        required init(from decoder: any Decoder) throws {
            lives = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .lives)
            try super.init(from: decoder)
        }

        override func encode(to encoder: any Encoder) throws {
            try super.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(lives, forKey: .lives)
        }
    }

    /// Fills two nested containers in turns, and one after its parent went on.
    struct Interleaved: Codable, Equatable {
        var left: [Int]
        var right: [String: Int]
        var tail: Int

        private enum Keys: CodingKey { case left, right, tail }

        init(left: [Int], right: [String: Int], tail: Int) {
            (self.left, self.right, self.tail) = (left, right, tail)
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            var left = try container.nestedUnkeyedContainer(forKey: .left)
            self.left = []
            while !left.isAtEnd { self.left.append(try left.decode(Int.self)) }
            let right = try container.nestedContainer(keyedBy: Name.self, forKey: .right)
            self.right = [:]
            for key in right.allKeys { self.right[key.stringValue] = try right.decode(Int.self, forKey: key) }
            tail = try container.decode(Int.self, forKey: .tail)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            var right = container.nestedContainer(keyedBy: Name.self, forKey: .right)
            var left = container.nestedUnkeyedContainer(forKey: .left)
            var (numbers, pairs) = (self.left[...], self.right.sorted { $0.key > $1.key }[...])
            try container.encode(tail, forKey: .tail)
            while !numbers.isEmpty || !pairs.isEmpty {
                if let number = numbers.popFirst() { try left.encode(number) }
                if let pair = pairs.popFirst() { try right.encode(pair.value, forKey: Name(pair.key)) }
            }
        }
    }

    /// A field whose name is known at run time only.
    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Calls a dictionary's own `encode(to:)`.
    struct ForwardedDictionary: Encodable {
        var content: [String: Int]

        func encode(to encoder: any Encoder) throws { try content.encode(to: encoder) }
    }

    /// Writes fields in the order given, each with its position.
    struct Written: Encodable {
        var names: [String]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Name.self)
            for (index, name) in names.enumerated() { try container.encode(index, forKey: Name(name)) }
        }
    }

    struct Refusal: Error {}

    struct Refused: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode("something")
            throw Refusal()
        }
    }

    /// Catches the error of a field and goes on.
    struct Tolerant: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Name.self)
            try container.encode(1, forKey: Name("a"))
            try? container.encode([Refused()], forKey: Name("b"))
            try container.encode(3, forKey: Name("c"))
        }
    }

    /// Ways not to use an `Encoder`.
    enum Misuse: Encodable, CaseIterable {
        case twoKinds, twoValues, noValue, keptContainer, twoKindsNested

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .twoKinds:
                var container = encoder.unkeyedContainer()
                try container.encode(1)
                var other = encoder.container(keyedBy: Name.self)
                try other.encode(2, forKey: Name("b"))
            case .twoValues:
                var container = encoder.singleValueContainer()
                try container.encode(1)
                try container.encode(2)
            case .noValue:
                _ = encoder.singleValueContainer()
            case .keptContainer:
                var container = encoder.unkeyedContainer()
                try container.encode(Reentrant(container: container))
            case .twoKindsNested:
                var container = encoder.unkeyedContainer()
                let inner = container.superEncoder()
                _ = inner.unkeyedContainer()
                _ = inner.singleValueContainer()
            }
        }

        /// Writes to the container it is being written to.
        private struct Reentrant: Encodable {
            let container: any UnkeyedEncodingContainer

            func encode(to encoder: any Encoder) throws {
                var own = encoder.unkeyedContainer()
                try own.encode(1)
                var container = container
                try container.encode(2)
            }
        }
    }

    /// Encoded values and how to decode them.
    struct Samples {
        let bytes: [UInt8]
        let decode: ([UInt8]) throws -> Void

        private init<Value: Codable>(_ value: Value) throws {
            bytes = try BinaryCoder.encode(value)
            decode = { bytes in _ = try BinaryCoder.decode(Value.self, from: bytes) }
        }

        static func all() throws -> [Samples] {
            [
                try Samples(Account.sample), try Samples(Command.nested(.put(key: "key", value: [1, 2, 3]))),
                try Samples([Point(x: 1, y: 2): Set(["p", "q"]), Point(x: 1 << 40, y: -1 << 20): []]),
                try Samples([.some(.some(nil)), nil, 5] as [Int???]), try Samples([1: [1.5: "x"], 2: [:]]),
                try Samples(Dog(name: "Rex", tricks: ["sit"])), try Samples(Cat(name: "Tom", lives: 9)),
                try Samples(Interleaved(left: [1, 2], right: ["a": 1], tail: -1)),
                try Samples(Tree(value: 1, children: [Tree(value: 2, children: [])])),
                try Samples(Optionals(bool: true, double: 1, float: 2, text: "t", bytes: [1], number: 3, small: -1)),
                try Samples(Chain(next: Chain(next: nil))), try Samples([UInt128.max]), try Samples("text"),
            ]
        }
    }

    /// Reproducible randomness: the seed is all there is to know.
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return bits ^ (bits >> 31)
        }
    }
}
