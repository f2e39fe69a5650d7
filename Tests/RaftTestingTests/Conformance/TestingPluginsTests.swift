import Glibc
import RaftCore
import RaftTesting
import Testing

@Suite("The article on testing plugins")
struct TestingPluginsTests {
    private static func article() throws -> String {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let path = "/\(root)/Sources/RaftNode/Documentation.docc/TestingPlugins.md"
        let bytes = try ToyFile(path, O_RDONLY).readAll()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("It explains every property of every suite, and no other")
    func properties() throws {
        let all =
            StorageConformance.allProperties + TransportConformance.allProperties
            + ConformanceProperty.stateMachineProperties
        let rows = try Self.article().split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `") else { return nil }
            return line.dropFirst(3).split(separator: "`").first.map(String.init)
        }
        #expect(rows == all.map(\.rawValue), "in the order of the checks")
        #expect(Set(all).count == all.count)
    }
}
