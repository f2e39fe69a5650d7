import FoundationEssentials
import Glibc
import Testing

@Suite("Modules keep their boundaries")
struct ModuleBoundaryTests {
    @Test("The package passes the check")
    func package() throws {
        let (status, output) = try run(packageDirectory)
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty)
    }

    @Test(
        "A forbidden import is found, with file and line",
        arguments: [
            ("Sources/RaftStorageLMDB/A.swift", "import RaftTransportUnix", true),
            ("Sources/RaftCore/Engine/A.swift", "internal import NIOCore", true),
            ("Sources/RaftCore/A.swift", "public import Foundation", true),
            ("Sources/RaftCore/A.swift", "    @preconcurrency import struct RaftMemory.Thing", true),
            ("Sources/RaftMembership/A.swift", "import RaftTracing", true),
            ("Sources/RaftTracing/A.swift", "@_exported import CSystemd", true),
            ("Plugins/KeyValue/A.swift", "import RaftNode", true),
            ("Sources/RaftSurprise/A.swift", "import RaftCore", true),
            ("Sources/RaftCore/A.swift", "import RaftMembership // not NIOCore", false),
            ("Sources/RaftCore/A.swift", "// import NIOCore", false),
            ("Sources/RaftCore/A.swift", "/*\nimport NIOCore\n*/", false),
            ("Sources/RaftCore/A.swift", "let text = \"\"\"\n    import NIOCore\n    \"\"\"", false),
            ("Sources/RaftTransportUnix/A.swift", "import NIOPosix", false),
            ("Sources/RaftNode/A.swift", "import RaftStorageLMDB", false),
        ])
    func planted(path: String, source: String, isForbidden: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let file = URL(filePath: directory + "/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(("import Synchronization\n" + source + "\n").utf8).write(to: file)
            let (status, output) = try run(directory)
            #expect(status == (isForbidden ? 1 : 0), "\(output)")
            if isForbidden, !path.contains("Surprise") { #expect(output.hasPrefix("\(path):2: ")) }
        }
    }

    /// Runs the check over a directory.
    private func run(_ directory: String) throws -> (status: Int32, output: String) {
        let command = "'\(packageDirectory)/scripts/check-module-boundaries.sh' '\(directory)' 2>&1"
        guard let pipe = popen(command, "r") else { throw CocoaError(.fileReadUnknown) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        let status = pclose(pipe)
        return ((status >> 8) & 0xFF, String(decoding: output, as: UTF8.self))
    }
}
