import Glibc
import RaftThreads
import RaftTracing
import Testing

@Suite("The standard error sink writes whole lines and never waits")
struct StandardErrorSinkTests {
    private func event(_ message: String) -> TraceEvent {
        TraceEvent(level: .info, kind: .nodeStarted, message: message, time: 0)
    }

    @Test("Lines of several threads never mix")
    func wholeLines() throws {
        let pipe = try Pipe()
        let sink = StandardErrorSink(descriptor: pipe.writing)
        let workers = (0..<4).map { WorkerThread(name: "writer-\($0)") }
        for (number, worker) in workers.enumerated() {
            worker.schedule {
                for step in 0..<50 { sink.record(event("[\(number)-\(step)-\(String(repeating: "x", count: 100))]")) }
            }
        }
        for worker in workers { worker.stopAndJoin() }
        let lines = pipe.readAvailable().split(separator: "\n")
        #expect(lines.count == 200)
        #expect(Set(lines).count == 200)
        #expect(
            lines.allSatisfy {
                $0.hasPrefix("1970-01-01T00:00:00.000000Z INFO raft.node.started [") && $0.hasSuffix("x]")
            })
    }

    @Test(
        "A reader that stands still costs records, not time, and is told how many",
        arguments: [TraceFormat.text, .json])
    func fullPipe(format: TraceFormat) throws {
        let pipe = try Pipe()
        let sink = StandardErrorSink(format: format, descriptor: pipe.writing)
        // A blocking write to the full pipe would never return: nobody reads.
        for number in 0..<5000 { sink.record(event("\(number) \(String(repeating: "x", count: 200))")) }
        let kept = pipe.readAvailable().split(separator: "\n").count
        #expect(kept > 100 && kept < 5000)
        sink.record(event("room again"))
        let lines = pipe.readAvailable().split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains("raft.records.dropped") == true)
        #expect(lines.first?.contains("\(5000 - kept) trace records were dropped") == true)
        #expect(sink.droppedRecords == 5000 - kept && FanOutSink([sink, MemorySink()]).droppedRecords == 5000 - kept)
        #expect(lines.last?.contains("room again") == true)
    }

    @Test("A terminal that nobody reads does not hold up the node either")
    func stalledTerminal() throws {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(master) }
        // TIOCSPTLCK and TIOCGPTN.
        var (isLocked, number) = (CInt(0), CInt(-1))
        try #require(ioctl(master, 0x4004_5431, &isLocked) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
        let slave = open("/dev/pts/\(number)", O_WRONLY | O_NOCTTY)
        defer { close(slave) }
        try #require(isatty(slave) == 1)
        let sink = StandardErrorSink(descriptor: slave)
        // A blocking write to the full terminal would never return.
        for number in 0..<1000 { sink.record(event("\(number) \(String(repeating: "x", count: 200))")) }
        #expect(try #require(sink.droppedRecords) > 0)
    }

    @Test("A pipe whose reader has gone does not kill the process")
    func noReader() throws {
        let pipe = try Pipe()
        let sink = StandardErrorSink(descriptor: pipe.writing)
        pipe.closeReading()
        sink.record(event("lost"))
        StandardErrorSink(descriptor: -1).record(event("lost too"))
    }
}

/// A pipe, closed at the end.
final class Pipe {
    private var reading: CInt
    let writing: CInt

    init() throws {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        closeReading()
        close(writing)
    }

    func closeReading() {
        guard reading >= 0 else { return }
        close(reading)
        reading = -1
    }

    /// What is in the pipe now.
    func readAvailable() -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        var request = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        while poll(&request, 1, 0) == 1 {
            let count = read(reading, &buffer, buffer.count)
            guard count > 0 else { break }
            all += buffer.prefix(count)
        }
        return String(decoding: all, as: UTF8.self)
    }
}

/// A file's text.
func readFile(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        guard count > 0 else { break }
        all += buffer.prefix(count)
    }
    return String(decoding: all, as: UTF8.self)
}
