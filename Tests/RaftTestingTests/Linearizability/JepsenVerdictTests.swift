import Foundation
import RaftTesting
import Testing

@Suite("The published verdicts on recorded histories of etcd")
struct JepsenVerdictTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Data/jepsen-etcd")

    @Test("All 24 are given")
    func verdicts() throws {
        let verdicts = try String(contentsOf: Self.folder.appendingPathComponent("verdicts.txt"), encoding: .utf8)
            .split(separator: "\n").map { $0.split(separator: " ") }
        #expect(verdicts.count == 24)
        for verdict in verdicts {
            let file = String(verdict[0])
            let bytes = try Data(contentsOf: Self.folder.appendingPathComponent(file))
            let operations = try HistoryReader(file: file).read(bytes)
            #expect(operations.count > 60, "\(file)")
            let found = LinearizabilityChecker().check(operations)
            #expect(found.isLinearizable == (verdict[1] == "true"), "\(file): \(found)")
            guard case .violation(let violation) = found else { continue }
            let timed = violation.operations.map {
                TimedOperation(
                    RegisterModel.Operation($0.action, isOpen: $0.returned == nil), invoked: $0.invoked,
                    returned: $0.returned)
            }
            #expect(LinearizabilitySearch(RegisterModel()).run(timed) == .notLinearizable, "\(file): \(violation)")
        }
    }
}
