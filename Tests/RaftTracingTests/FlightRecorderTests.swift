import Glibc
import Synchronization
import Testing

@testable import RaftTracing

@Suite("The flight recorder keeps the last events of every level")
struct FlightRecorderTests {
    private let sink = MemorySink(capacity: 100)

    private func tracer(_ recorder: FlightRecorder, level: TraceLevel = .notice) -> Tracer {
        let clock = Mutex<UInt64>(0)
        return Tracer(
            sink: sink, level: level, fields: [.cluster("demo"), .node(7)], recorder: recorder,
            clock: {
                clock.withLock {
                    $0 += 1
                    return $0
                }
            })
    }

    private func recording(_ recorder: FlightRecorder) throws -> FlightRecording {
        let part = recorder.read(from: 1, maximumBytes: .max)
        #expect(part.next == nil)
        return try FlightRecording(part.header + part.slots)
    }

    @Test("What the sink does not get is there all the same, without its message, and with its fields and context")
    func everyLevel() throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let tracer = tracer(recorder).with(.group(3)).scoped(to: "core")
        for level in TraceLevel.allCases { tracer.event(.sample(level), "a message", [.term(3), .index(.max)]) }
        #expect(sink.events.map(\.level) == [.notice, .warning, .error, .critical])
        let found = try recording(recorder)
        #expect(found.cluster == "demo" && found.node == 7 && found.unreadable == 0)
        #expect(found.events.map(\.level) == TraceLevel.allCases)
        #expect(found.events.map(\.number) == Array(1...7) && found.events.map(\.time) == Array(1...7))
        #expect(found.events.map(\.message) == ["", "", "", "a message", "a message", "a message", "a message"])
        for event in found.events {
            #expect(event.kind == "sample.level.\(event.level)" && event.module == "core" && !event.isCut)
            #expect(event.fields == [.group(3), .term(3), .index(.max)])
        }
    }

    @Test("Messages are made for the sink alone")
    func messages() throws {
        let tracer = tracer(try FlightRecorder(events: 64, cluster: "demo", node: 7))
        tracer.info(
            .sample(.info),
            { () -> String in
                Issue.record("the message was made")
                return ""
            }())
        #expect(tracer.isEnabled(.trace) && tracer.level == .notice)
    }

    @Test("Each type of value is read back, and a field of the event's replaces one of the context")
    func values() throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let kind = EventKind("own.kind.x", "", .info, "a b c d e term", "It happened.")
        let fields: [TraceField] = [
            .custom("a", .int(-5)), .custom("b", .uint(.max)), .custom("c", "text “ü”"), .custom("d", true),
            .custom("e", false), .term(2),
        ]
        tracer(recorder).with(.term(1)).event(kind, "", fields)
        #expect(try recording(recorder).events.map(\.fields) == [fields])
    }

    @Test("Each of this package's fields is read back under its own key")
    func keys() throws {
        let fields: [TraceField] = [
            .cluster("c"), .node(1), .identity("i"), .group(2), .term(3), .role("leader"), .index(4), .peer(5),
            .address("memory:1"), .reason("r"), .count(-6), .message("m"), .state("probe"), .outcome("done"),
            .module("core"), .level(.info), .bytes(7), .path("/p"),
        ]
        // The known keys are all of them, in the order of their places.
        #expect(fields.map(\.place) == Array(1...UInt8(KeyBlocks.keys.count)))
        #expect(fields.map(\.key) == KeyBlocks.keys)
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let clean = Tracer(sink: sink, level: .critical, recorder: recorder)
        for field in fields {
            let kind = EventKind("own.kind.\(field.place)", "", .info, "\(field.key)", "It happened.")
            clean.event(kind, "", [field])
            // The same under a key that was written out, which has no place.
            clean.event(kind, "", [TraceField(field.key, field.value)])
        }
        #expect(try recording(recorder).events.map(\.fields) == fields.flatMap { [[$0], [$0]] })
    }

    @Test("Numbers fill a slot to its end, under known keys and others, and what finds no room is cut off")
    func fullSlot() throws {
        for own in [false, true] {
            let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
            let fields = (0..<20).map { own ? TraceField("raft.term", .uint($0)) : .term($0) }
            Tracer(sink: sink, level: .critical, recorder: recorder).event(.sample(.info), "", fields)
            let found = try #require(try recording(recorder).events.first)
            #expect(found.isCut && found.fields.count > 8 && found.fields == Array(fields.prefix(found.fields.count)))
        }
    }

    @Test("A full ring lets the oldest go", arguments: [1, 63, 64, 65, 200])
    func ring(count: UInt64) throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let tracer = tracer(recorder)
        for number in 1...count { tracer.debug(.sample(.debug), "", [.term(number)]) }
        let found = try recording(recorder)
        #expect(found.events.map(\.number) == Array(max(1, Int(count) - 63)...Int(count)).map(UInt64.init))
        #expect(found.events.allSatisfy { $0["raft.term"] == .uint($0.number) })
    }

    @Test("Read in parts, it is the same")
    func parts() throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let tracer = tracer(recorder)
        for number in 1...100 { tracer.debug(.sample(.debug), "", [.term(UInt64(number))]) }
        var bytes: [UInt8] = []
        var next: UInt64? = 1
        var parts = 0
        while let first = next {
            let part = recorder.read(from: first, maximumBytes: 10 * FlightSlot.size + 5)
            bytes += bytes.isEmpty ? part.header + part.slots : part.slots
            next = part.next
            parts += 1
        }
        #expect(parts == 7)
        #expect(try FlightRecording(bytes).events.map(\.number) == Array(37...100))
        #expect(recorder.read(from: 101, maximumBytes: 1000).slots.isEmpty)
    }

    @Test(
        "What does not fit is cut, says so, and harms nothing", arguments: [0, 1, 100, 190, 191, 230, 255, 256, 5000])
    func cut(length: Int) throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let tracer = tracer(recorder, level: .trace)
        let long = String(repeating: "x", count: length)
        let kind = EventKind("own.kind.x", "", .info, "reason term", "It happened.")
        tracer.info(kind, long, [.reason(long), .term(9)])
        tracer.info(kind, "next", [.term(10)])
        let found = try recording(recorder).events
        #expect(found.count == 2 && found[1].message == "next" && !found[1].isCut)
        guard case .string(let reason) = found[0]["raft.reason"] else {
            Issue.record("no reason")
            return
        }
        #expect(long.hasPrefix(reason) && long.hasPrefix(found[0].message))
        let isWhole = reason == long && found[0]["raft.term"] == .uint(9) && found[0].message == long
        #expect(found[0].isCut == !isWhole)
    }

    @Test("A text of every short length is there whole, and nothing beside it", arguments: 0...40)
    func short(length: Int) throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let text = String("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".prefix(length))
        let kind = EventKind("own.kind.x", "", .info, "reason term", "It happened.")
        tracer(recorder, level: .trace).info(kind, text, [.reason(text), .term(9)])
        let found = try recording(recorder).events
        #expect(found.map(\.message) == [text] && found.map(\.fields) == [[.reason(text), .term(9)]])
        #expect(found.allSatisfy { !$0.isCut })
    }

    @Test("Names without end leave a readable event", arguments: [100, 254, 255, 300])
    func longNames(length: Int) throws {
        let recorder = try FlightRecorder(events: 64, cluster: String(repeating: "c", count: 500), node: 7)
        let name = String(repeating: "n", count: length)
        tracer(recorder).scoped(to: name).info(EventKind(name, "", .info, "term", ""), "", [.term(1)])
        let found = try recording(recorder)
        #expect(found.cluster.count == 88)
        #expect(found.events.count == 1 && name.hasPrefix(found.events[0].kind))
        #expect(found.events[0].isCut)
    }

    @Test("A file has what was recorded while it is being recorded, and the one before is kept")
    func file() throws {
        let directory = try scratchDirectory()
        defer {
            for name in ["a.trace", "a.trace.previous"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        let path = "\(directory)/a.trace"
        for term in 1...3 as ClosedRange<UInt64> {
            let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7, path: path)
            tracer(recorder).debug(.sample(.debug), "", [.term(term)])
            // The recorder is alive: nothing was closed or written out.
            let bytes = try #require(rawFile(path))
            #expect(try FlightRecording(bytes).events.map { $0["raft.term"] } == [.uint(term)])
            withExtendedLifetime(recorder) {}
        }
        #expect(try FlightRecording(rawFile(path + ".previous") ?? []).events.map { $0["raft.term"] } == [.uint(2)])
    }

    @Test("A file in which somebody records keeps its name, and a process that came to nothing gives it back")
    func names() throws {
        let directory = try scratchDirectory()
        defer {
            for name in ["a.trace", "a.trace.previous"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        let path = "\(directory)/a.trace"
        func record(_ term: UInt64) throws -> FlightRecorder {
            let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7, path: path)
            tracer(recorder).debug(.sample(.debug), "", [.term(term)])
            return recorder
        }
        func terms(_ name: String) throws -> [TraceValue?] {
            try FlightRecording(rawFile(name) ?? []).events.map { $0["raft.term"] }
        }
        var running: FlightRecorder? = try record(1)
        #expect(throws: FlightRecorderError.self) { try record(2) }
        #expect(try terms(path) == [.uint(1)])
        withExtendedLifetime(running) {}
        running = nil
        // Two starts that fail.
        for term in 3...4 as ClosedRange<UInt64> {
            let failing = try record(term)
            #expect(try terms(path + ".previous") == [.uint(1)])
            failing.giveUpName()
        }
        #expect(try terms(path) == [.uint(1)])
    }

    @Test("Where no file can be made, one line says why")
    func noFile() {
        for (path, what) in [
            ("/nowhere/a.trace", "No such file or directory"), ("/proc/a.trace", "cannot create /proc/a.trace"),
        ] {
            do {
                _ = try FlightRecorder(events: 64, cluster: "demo", node: 7, path: path)
                Issue.record("\(path) was made")
            } catch {
                #expect("\(error)".contains(what) && !"\(error)".contains("\n"), "\(error)")
            }
        }
    }

    @Test("An event that was being written when the process ended is left out, and counted")
    func torn() throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let tracer = tracer(recorder)
        for number in 1...3 { tracer.debug(.sample(.debug), "", [.term(UInt64(number))]) }
        let part = recorder.read(from: 1, maximumBytes: .max)
        var bytes = part.header + part.slots
        for offset in 0..<8 { bytes[FlightRecording.headerSize + FlightSlot.size + offset] = 0 }
        let found = try FlightRecording(bytes)
        #expect(found.events.map(\.number) == [1, 3] && found.unreadable == 1)
    }

    @Test("Bytes of any kind are read without harm")
    func hostile() throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 7)
        let tracer = tracer(recorder, level: .trace)
        for level in TraceLevel.allCases { tracer.event(.sample(level), "message", [.term(1), .index(2)]) }
        let part = recorder.read(from: 1, maximumBytes: .max)
        let sound = part.header + part.slots
        var random = UInt64(0x9E37_79B9_7F4A_7C15)
        func next() -> UInt64 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return random
        }
        for _ in 0..<3000 {
            var bytes = Array(sound.prefix(Int(next() % UInt64(sound.count + 1))))
            for _ in 0..<(next() % 8) where !bytes.isEmpty {
                bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next())
            }
            guard let found = try? FlightRecording(bytes) else { continue }
            #expect(found.events.count + found.unreadable <= TraceLevel.allCases.count + 1)
        }
        #expect(throws: FlightRecordingError.self) { try FlightRecording([]) }
        #expect(throws: FlightRecordingError.self) { try FlightRecording([UInt8](repeating: 0, count: 1000)) }
    }

    private func scratchDirectory() throws -> String {
        var template = Array("/tmp/recorder-XXXXXX".utf8CString)
        return try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    private func rawFile(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes[..<count])
    }
}

@Suite("Each module has a level of its own")
struct ModuleLevelTests {
    private let sink = MemorySink(capacity: 100)

    @Test("A level of one module leaves the others as they are; one for all holds for all")
    func modules() {
        let tracer = Tracer(sink: sink, level: .info)
        let storage = tracer.scoped(to: "storage")
        let transport = tracer.scoped(to: "transport").with(.node(3))
        #expect(tracer.setLevel(.debug, of: "transport"))
        #expect(!tracer.setLevel(.debug, of: "nothing"))
        for each in [tracer, storage, transport, tracer.scoped(to: "transport")] {
            each.debug(.sample(.debug), "\(each.level ?? .critical)")
        }
        #expect(sink.events.map(\.message) == ["debug", "debug"])
        #expect(tracer.levels.map(\.module) == ["", "storage", "transport"])
        #expect(tracer.levels.map(\.level) == [.info, .info, .debug])
        storage.setLevel(.error)
        #expect(tracer.levels.map(\.level) == [.error, .error, .error])
        // Whoever comes later begins with what holds then.
        #expect(tracer.scoped(to: "clients").level == .error)
    }

    @Test("The silent tracer has no modules")
    func silent() {
        #expect(Tracer.silent.scoped(to: "core").level == nil)
        #expect(!Tracer.silent.setLevel(.trace, of: ""))
        #expect(Tracer.silent.recorder == nil && Tracer.silent.levels.isEmpty)
    }
}
