#if Journald
    import Glibc
    import RaftTracing
    import Testing

    @testable import RaftTracingJournald

    @Suite("A real journald takes what is written", .enabled(if: PrivateJournal.isPossible, "needs root and journald"))
    struct RealJournalTests {
        private static let id = "5f3a1c0de7b94d21a6c58e0f9b7d4a12"

        private static func event(_ message: String, _ fields: [TraceField]) -> TraceEvent {
            TraceEvent(
                level: .info, kind: EventKind("own.limits", id, .info, "", ""), message: message, fields: fields,
                time: 1_500_000)
        }

        @Test("Names as long as journald takes them, bytes of every kind and values of megabytes come back whole (T6)")
        func limits() async throws {
            let everything = String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init)))
            let large = String(repeating: "0123456789abcdef", count: 1 << 17)
            let long = String(repeating: "x", count: 99)
            let events = [
                Self.event("one\ntwo = 2\u{0}\u{1b}[31m", [TraceField("everything", .string(everything))]),
                Self.event("", [TraceField(long, .string("")), TraceField("größe=\n", .string("\n"))]),
                Self.event("large", [TraceField("large", .string(large)), TraceField("after", .uint(7))]),
                Self.event(
                    "many", (0..<500).map { TraceField("field.\($0)", .string("value \($0)")) }),
            ]
            let export = try await PrivateJournal.export("MESSAGE_ID=\(Self.id)") {
                for event in events {
                    guard SystemJournal().write(JournalRecord(event, identifier: "raftd")) else { return false }
                }
                return true
            }
            let found = try JournalExport(export).entries
            try #require(found.count == events.count)
            for (event, entry) in zip(events, found) {
                #expect(entry["MESSAGE"] == Array(event.message.utf8) && entry["PRIORITY"] == Array("6".utf8))
                for field in event.fields {
                    let name = JournalFieldName.name(for: field.key)
                    #expect(entry[name] == Array(field.value.description.utf8), "\(name)")
                }
            }
        }
    }

    /// What `journalctl --output=export` writes: `NAME=value`, or the name alone, the length in eight bytes and the value.
    private struct JournalExport {
        private(set) var entries: [[String: [UInt8]]] = []

        struct Malformed: Error {}

        init(_ bytes: [UInt8]) throws {
            var rest = bytes[...]
            var entry: [String: [UInt8]] = [:]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = rest[rest.startIndex..<end]
                rest = rest[(end + 1)...]
                if line.isEmpty {
                    if !entry.isEmpty { entries.append(entry) }
                    entry = [:]
                } else if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                    entry[String(decoding: line[..<equals], as: UTF8.self)] = Array(line[(equals + 1)...])
                } else {
                    guard rest.count > 8 else { throw Malformed() }
                    let size = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                    rest = rest.dropFirst(8)
                    guard size >= 0, rest.count > size else { throw Malformed() }
                    entry[String(decoding: line, as: UTF8.self)] = Array(rest.prefix(size))
                    rest = rest.dropFirst(size + 1)
                }
            }
            if !entry.isEmpty { entries.append(entry) }
        }
    }

    /// A journald of a thread's own, in a mount namespace that ends with the thread: the machine's journal is not touched.
    private enum PrivateJournal {
        struct Failed: Error { var what: String }

        static let isPossible: Bool = {
            guard getuid() == 0, access("/lib/systemd/systemd-journald", X_OK) == 0 else { return false }
            return system("unshare --mount --propagation private true >/dev/null 2>&1") == 0
                && system("command -v journalctl >/dev/null") == 0
        }()

        /// Where journald and journalctl find each other, and nothing else is.
        private static let prepare = """
            mount -t tmpfs -o mode=755 tmpfs /run/systemd && mount -t tmpfs -o mode=755 tmpfs /run/log &&
            mkdir -p /run/systemd/journald.conf.d /run/systemd/journal /run/log/journal &&
            printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=no\\nForwardToWall=no\\nForwardToSyslog=no\\n' \
                >/run/systemd/journald.conf.d/test.conf
            """

        /// Runs `write` where this journal is the machine's, and reads back what matches.
        static func export(_ match: String, _ write: @escaping @Sendable () -> Bool) async throws -> [UInt8] {
            try await withCheckedThrowingContinuation { continuation in
                OneThread.run { continuation.resume(with: Result { try inNamespace(match, write) }) }
            }
        }

        private static func inNamespace(_ match: String, _ write: () -> Bool) throws -> [UInt8] {
            // Glibc's module does not have it.
            guard let symbol = dlsym(nil, "unshare") else { throw Failed(what: "there is no unshare") }
            let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
            let (cloneFileSystem, cloneNamespace): (Int32, Int32) = (0x200, 0x20000)
            guard unshare(cloneFileSystem | cloneNamespace) == 0 else { throw Failed(what: "unshare: \(errno)") }
            guard mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0, system(prepare) == 0 else {
                throw Failed(what: "the namespace was not made")
            }
            let started = try output("/lib/systemd/systemd-journald >/dev/null 2>&1 & echo $!")
            guard let journald = pid_t(String(decoding: started.dropLast(), as: UTF8.self)) else {
                throw Failed(what: "journald was not started")
            }
            defer { kill(journald, SIGKILL) }
            let listens = "for i in $(seq 999); do [ -S /run/systemd/journal/socket ] && exit; sleep 0.01; done; exit 1"
            guard system(listens) == 0 else { throw Failed(what: "journald does not listen") }
            guard write() else { throw Failed(what: "a record was not taken") }
            return try output("journalctl --sync && journalctl --quiet --no-pager --all --output=export '\(match)'")
        }

        private static func output(_ command: String) throws -> [UInt8] {
            guard let stream = popen(command, "r") else { throw Failed(what: "popen: \(errno)") }
            defer { pclose(stream) }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { bytes += buffer[..<count] }
            return bytes
        }
    }

    /// A thread that nothing else runs on, for what is of a thread alone.
    private enum OneThread {
        private final class Body: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }

        static func run(_ body: @escaping @Sendable () -> Void) {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(Body(body)).toOpaque()
            let error = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                    return nil
                }, context)
            precondition(error == 0, "no thread for a test")
            pthread_detach(thread)
        }
    }
#endif
