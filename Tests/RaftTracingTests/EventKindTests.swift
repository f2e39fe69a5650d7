import Foundation
import RaftThreads
import RaftTracing
import Testing

@Suite("The catalogue of event kinds is complete and its ids are sound")
struct EventKindTests {
    @Test("Ids are 32 lower-case hexadecimal digits and distinct, and so are names")
    func identities() {
        let digits = Set("0123456789abcdef")
        for kind in EventKind.all {
            #expect(kind.messageID.count == 32 && kind.messageID.allSatisfy(digits.contains), "\(kind.name)")
        }
        #expect(Set(EventKind.all.map(\.messageID)).count == EventKind.all.count)
        #expect(Set(EventKind.all.map(\.name)).count == EventKind.all.count)
    }

    @Test(
        "Names are dotted lower-case words and the prose is one line that ends with a full stop",
        arguments: EventKind.all)
    func form(kind: EventKind) {
        let words = kind.name.split(separator: ".", omittingEmptySubsequences: false)
        #expect(words.count == 3 && words.first == "raft")
        #expect(words.allSatisfy { !$0.isEmpty && $0.allSatisfy { "a"..."z" ~= $0 } })
        #expect(!kind.prose.isEmpty && kind.prose.hasSuffix(".") && !kind.prose.contains("\n"))
    }

    @Test("Every kind that the catalogue declares is listed, each once, in the order of declaration")
    func complete() throws {
        let root = String(#filePath.dropLast("Tests/RaftTracingTests/EventKindTests.swift".count))
        let declared = try [
            "Elections", "Membership", "Snapshots", "Peers", "Log", "Safety", "Storage", "Clients", "Node", "Steps",
        ].flatMap { topic in
            let source = try #require(readFile(root + "Sources/RaftTracing/Kinds/EventKind+\(topic).swift"))
            return source.split(separator: "\n").compactMap { line -> String? in
                line.firstMatch(of: /public static var (\w+): EventKind/).map { String($0.output.1) }
            }
        }
        let listed = EventKind.all.map(\.swiftName)
        #expect(declared == listed)
        #expect(declared.count >= 36)
    }

    @Test("Fields are declared, each once", arguments: EventKind.all)
    func fields(kind: EventKind) {
        let declared = Set(TraceField.catalogue.map(\.key))
        let fields = kind.fields.split(separator: " ").map(String.init)
        #expect(declared.isSuperset(of: fields) && Set(fields).count == fields.count)
    }

    @Test("Every call is of its kind's level, and so is every kind that ends a node")
    func levels() throws {
        let root = String(#filePath.dropLast("Tests/RaftTracingTests/EventKindTests.swift".count)) + "Sources/"
        let levels = Dictionary(uniqueKeysWithValues: EventKind.all.map { ($0.swiftName, $0.level.name) })
        var calls = 0
        for file in try FileManager.default.subpathsOfDirectory(atPath: root) where file.hasSuffix(".swift") {
            let source = try #require(readFile(root + file))
            for call in source.matches(
                of:
                    /\b\w*[tT]racer\.(trace|debug|info|notice|warning|error|critical)\(\s*(?:[^,()]* \? )?\.(\w+)(?: : \.(\w+))?,/
            ) {
                for kind in [call.output.2, call.output.3].compactMap({ $0 }) {
                    #expect(levels[String(kind)] == String(call.output.1), "\(file): \(call.output.0)")
                    calls += 1
                }
            }
            // Driver.fail(_:_:_:) hands its kind on.
            guard file.hasPrefix("RaftCore/Driver/") else { continue }
            for call in source.matches(of: /\bfail\(\s*"[^\n]*(?:\n[^\n]*")?, \.(node\w+|storage\w+)/) {
                #expect(levels[String(call.output.1)] == "critical", "\(file): \(call.output.0)")
                calls += 1
            }
        }
        #expect(calls > EventKind.all.count)
    }

    @Test("The guide and the journal's catalogue have what the program prints")
    func documents() throws {
        let root = String(#filePath.dropLast("Tests/RaftTracingTests/EventKindTests.swift".count))
        let guide = try #require(readFile(root + "Sources/RaftNode/Documentation.docc/Events.md"))
        #expect(guide.contains(EventCatalogue.markdown), "copy the output of raftd events into Events.md")
        let catalogue = try #require(readFile(root + "packaging/raftd.catalog"))
        #expect(
            catalogue == EventCatalogue.journal,
            "write the output of raftd events --catalogue to packaging/raftd.catalog")
    }

    @Test("Released ids keep their meaning")
    func fixed() {
        #expect(EventKind.roleChanged.messageID == "a3db6c32a80a4149adb1e2f17306167f")
        #expect(EventKind.leaderElected.messageID == "fe231fb5abfc4434a7d7c1a2f7459fff")
        #expect(EventKind.recordsDropped.messageID == "c5efe699b5af4a558dc9e9570597b577")
    }
}

extension EventKind {
    /// `roleChanged` is `raft.role.changed`.
    fileprivate var swiftName: String {
        let words = name.split(separator: ".").dropFirst()
        return words.enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
    }
}
