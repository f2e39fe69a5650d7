import Foundation

/// One `raftd`, or any other program, as a process of its own.
final class NodeProcess: @unchecked Sendable {
    // Unchecked: `Process` is used from one test, and waited for by one thread.
    /// Where the release programs are; `make test` says.
    static let binaries = ProcessInfo.processInfo.environment["RAFT_BINARIES"] ?? ".build/release"

    let process = Process()
    let log: URL

    /// - Parameters:
    ///   - log: its standard error goes there, behind what is there.
    ///   - output: its standard output goes to this new file; nowhere without one.
    init(
        _ program: String, _ arguments: [String], log: URL, environment: [String: String] = [:], output: URL? = nil
    ) throws {
        self.log = log
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.executableURL = URL(fileURLWithPath: "\(Self.binaries)/\(program)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        if let output {
            _ = FileManager.default.createFile(atPath: output.path, contents: nil)
            process.standardOutput = try FileHandle(forWritingTo: output)
        }
        process.standardError = handle
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end on a thread of its own: the tests' own threads are few and must not block.
    @discardableResult
    func waitForExit() async -> Int32 {
        await withCheckedContinuation { continuation in
            let process = process
            Thread.detachNewThread {
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }
}

/// What a program that runs to its end has to say.
struct Ran {
    var code: Int32
    var output: String
    var error: String

    /// Runs a release program and collects what it prints.
    static func program(
        _ name: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
    ) async throws -> Ran {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try run(name, arguments, input: input, environment: environment) })
            }
        }
    }

    private static func run(
        _ name: String, _ arguments: [String], input: String?, environment: [String: String]
    ) throws -> Ran {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(NodeProcess.binaries)/\(name)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let output = Pipe()
        let error = Pipe()
        process.standardOutput = output
        process.standardError = error
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            try process.run()
            // A program that refuses early does not read to the end.
            try? pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try? pipe.fileHandleForWriting.close()
        } else {
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }
        // A program that does not end where it should is ended, and its code says so.
        let patience = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 20, execute: patience)
        defer { patience.cancel() }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Ran(code: process.terminationStatus, output: text, error: complaint)
    }

    /// The complaint is one line, and holds each of these.
    func complains(of words: String...) -> Bool {
        let lines = error.split(separator: "\n")
        return lines.count == 1 && words.allSatisfy { error.contains($0) }
    }
}
