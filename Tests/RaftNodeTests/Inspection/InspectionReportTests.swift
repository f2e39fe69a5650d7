import Foundation
import RaftCore
import RaftMembership
import RaftNode
import RaftStorageLMDB
import Testing

@Suite("What an inspection prints")
struct InspectionReportTests {
    @Test("tells the snapshot: position, size, configuration, and whether its body is intact")
    func snapshot() async throws {
        try await withTemporaryDirectory { directory in
            let data = "\(directory)/data"
            let membership = try Membership(
                members: [Membership.Record(member: Member(id: 1, incarnation: 5), addresses: ["unix:/1"])], voters: [1]
            )
            // Of nothing the checksum is zero.
            let snapshot = Snapshot(
                last: LogID(term: 3, index: 12), cluster: ClusterID(high: 1, low: 2),
                configuration: LoggedMembership(id: LogID(term: 1, index: 4), membership: membership))
            let storage = try LMDBStorage(
                directory: data, context: StorageContext(node: 1, clusterName: "test"))
            let store = try #require(storage.snapshots)
            try store.create(for: .first).finish(as: snapshot)
            try storage.commit([StorageBatch(group: .first, snapshot: snapshot, purgeThrough: snapshot.last)])
            storage.close()

            let report = try builtins().storage("lmdb").inspection(of: data)
            #expect(report.isIntact)
            #expect(
                report.text.contains(
                    "  snapshot    through 12@3, 0 bytes, configuration of entry 4@1, checksum 00000000 matches\n"))
            #expect(report.text.contains("  membership  of entry 4@1\n"))
            #expect(report.groups.first?.membership.map(\.role) == ["voter"])
            #expect(try report.json().contains("\"isIntact\" : true"))

            for name in try FileManager.default.contentsOfDirectory(atPath: data) where name.hasPrefix("snapshot-") {
                try FileManager.default.removeItem(atPath: "\(data)/\(name)")
            }
            let damaged = try builtins().storage("lmdb").inspection(of: data)
            #expect(!damaged.isIntact)
            #expect(damaged.text.contains("  snapshot    through 12@3, 0 bytes, configuration of entry 4@1, damaged\n"))
            #expect(try damaged.json().contains("\"isIntact\" : false"))
        }
    }
}
