import ArgumentParser
import RaftNode
import RaftTracing

/// `raftd spans`
struct Spans: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the kinds of span that nodes and clients record, or shows traces from files of them.",
        discussion: "Files are lines of OTLP's JSON, as tracing.spansFile and raftctl --spans write them; what several "
            + "processes recorded of one trace is one tree.")

    @Argument(help: ArgumentHelp("What nodes and clients have written.", valueName: "file"))
    var files: [String] = []

    @Option(help: ArgumentHelp("Only this trace: 32 hexadecimal digits.", valueName: "id"))
    var trace: String?

    func validate() throws {
        guard let trace else { return }
        if files.isEmpty { throw ValidationError("--trace goes with files of spans") }
        guard trace.utf8.count == 32, trace.allSatisfy({ "0"..."9" ~= $0 || "a"..."f" ~= $0 }) else {
            throw ValidationError("“\(trace)” is no trace: it has 32 digits from 0 to 9 and a to f")
        }
    }

    func run() throws {
        guard !files.isEmpty else { return output(SpanName.markdown) }
        let spans: [WrittenSpan]
        do {
            spans = try files.flatMap { file in
                let (spans, unreadable) = try WrittenSpan.read(file)
                if unreadable > 0 {
                    report(
                        SpanReadingError(message: "\(file): \(unreadable) lines are no OTLP in JSON and are left out"))
                }
                return spans
            }
        } catch {
            report(error)
            throw ExitStatus.failed
        }
        let trees = SpanTree.all(of: spans.filter { trace == nil || $0.trace == trace })
        if trees.isEmpty {
            report(SpanReadingError(message: trace.map { "there is nothing of trace \($0)" } ?? "there are no spans"))
            throw ExitStatus.failed
        }
        output(trees.map(\.description).joined(separator: "\n"))
    }
}
