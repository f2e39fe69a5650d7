import RaftCore
public import RaftTracing

/// The levels of a node's trace records, by module.
///
/// Encoded as the lowest level that is compiled in (1; 255: none), count of modules (1), and for each its name (string) and
/// its level (1).
public struct TraceLevels: Hashable, Sendable {
    public struct Module: Hashable, Sendable {
        /// Empty for what belongs to no module.
        public var name: String
        /// The lowest level that goes to the sink.
        public var level: TraceLevel

        public init(name: String, level: TraceLevel) {
            self.name = name
            self.level = level
        }
    }

    /// Nothing below it is in the program at all; nil when nothing is.
    public var compiledIn: TraceLevel?
    /// By name.
    public var modules: [Module]

    public init(compiledIn: TraceLevel?, modules: [Module]) {
        self.compiledIn = compiledIn
        self.modules = modules
    }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.write(compiledIn?.rawValue ?? 255)
        writer.write(UInt8(clamping: modules.count))
        for module in modules.prefix(255) {
            writer.writeString(module.name)
            writer.write(module.level.rawValue)
        }
        return writer.bytes
    }

    static func decode(_ reader: inout ByteReader) throws(WireError) -> TraceLevels {
        let lowest: UInt8 = try reader.read()
        var levels = TraceLevels(compiledIn: lowest == 255 ? nil : try level(lowest, reader.offset - 1), modules: [])
        for _ in 0..<(try reader.read(UInt8.self)) {
            let name = try reader.readString()
            levels.modules.append(Module(name: name, level: try level(try reader.read(), reader.offset - 1)))
        }
        return levels
    }

    private static func level(_ value: UInt8, _ offset: Int) throws(WireError) -> TraceLevel {
        guard let level = TraceLevel(rawValue: value) else { throw .outOfBounds(offset) }
        return level
    }
}
