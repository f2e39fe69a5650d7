import ArgumentParser
import FoundationEssentials
import Glibc
import RaftNode

/// The options by which a configuration is given.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The configuration, in YAML.", valueName: "file"))
    var config: String

    @Option(
        name: .customLong("set"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Sets a key, before environment variables (RAFTD_…) and the file. May be repeated.", valueName: "key=value")
    )
    var settings: [String] = []

    var file: ConfigurationFile { ConfigurationFile(path: config, settings: settings) }

    /// - Throws: `ConfigurationError`.
    func load(_ registry: ModuleRegistry) throws -> NodeConfiguration { try file.load(registry) }
}

/// A file and what overrides it, to be read at start and again at each reload.
struct ConfigurationFile: Sendable {
    var path: String
    var settings: [String]

    /// A configuration is a page of text: a larger file is something else.
    private static let largest = 1 << 20

    /// - Throws: `ConfigurationError`.
    func load(_ registry: ModuleRegistry) throws -> NodeConfiguration {
        try NodeConfiguration(
            yaml: try read(), path: path, settings: settings, environment: ProcessInfo.processInfo.environment,
            registry: registry)
    }

    private func read() throws -> String {
        func wrong(_ why: String) -> ConfigurationError { ConfigurationError("cannot read \(path): \(why)") }
        // Pipes work too, so that a configuration can be generated: --config /dev/stdin.
        guard let file = fopen(path, "r") else { throw wrong(String(cString: strerror(errno))) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.largest + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw wrong(String(cString: strerror(errno))) }
        guard count <= Self.largest else { throw wrong("it is larger than \(Self.largest) bytes") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw wrong("it is no text in UTF-8")
        }
        return text
    }
}
