import RaftCore
import RaftMembership
import RaftStorageLMDB

extension InspectionReport {
    /// Reads an LMDB data directory, without changing a byte of it.
    /// - Throws: `StorageError` when a node runs on it, or when it is none.
    static func lmdb(_ directory: String) throws -> InspectionReport {
        let inspection = try LMDBInspection(directory: directory)
        var damage = inspection.damage.map { Damage(reason: $0) }
        for group in inspection.groups {
            damage += group.damage.map {
                Damage(group: group.group.rawValue, index: $0.index?.rawValue, reason: $0.reason)
            }
        }
        return InspectionReport(
            directory: directory, storage: "lmdb", formatVersion: inspection.formatVersion,
            clusterName: inspection.clusterName, node: inspection.node?.rawValue, isDirty: inspection.isDirty,
            fileBytes: inspection.fileBytes, usedBytes: inspection.usedBytes,
            groups: inspection.groups.map(Self.group), damage: damage)
    }

    private static func group(_ group: LMDBGroupInspection) -> Group {
        let logged = group.configurations.last ?? group.snapshot?.configuration
        return Group(
            group: group.group.rawValue, hardState: group.hardState.map(hardState),
            snapshot: group.snapshot.map { snapshot($0, isIntact: group.isSnapshotIntact) },
            base: position(group.base), last: position(group.last), entries: group.entryCount,
            entryBytes: group.entryBytes,
            membership: logged.map { members($0.membership) } ?? [], membershipAt: logged.map { position($0.id) })
    }

    private static func position(_ id: LogID) -> Position {
        Position(index: id.index.rawValue, term: id.term.rawValue)
    }

    private static func snapshot(_ snapshot: RaftCore.Snapshot, isIntact: Bool) -> Snapshot {
        let digits = String(snapshot.checksum, radix: 16)
        return Snapshot(
            last: position(snapshot.last), membershipAt: position(snapshot.configuration.id), size: snapshot.size,
            checksum: String(repeating: "0", count: 8 - digits.count) + digits, isIntact: isIntact)
    }

    private static func hardState(_ state: RaftCore.HardState) -> HardState {
        HardState(
            cluster: state.cluster?.description, member: state.member.description, startCounter: state.startCounter,
            term: state.term.rawValue, votedFor: state.votedFor?.description, commitHint: state.commitHint.rawValue,
            provenThrough: state.provenThrough > .zero ? state.provenThrough.rawValue : nil)
    }

    private static func role(of record: Membership.Record, in membership: Membership) -> String {
        if record.isWitness { return "witness" }
        if membership.voters.contains(record.member.id) { return "voter" }
        return membership.isVoter(record.member.id) ? "outgoing voter" : "learner"
    }

    private static func members(_ membership: Membership) -> [Member] {
        membership.members.map { record in
            let id = record.member.id
            return Member(
                id: id.rawValue, role: role(of: record, in: membership),
                incarnation: record.member.incarnation.description,
                addresses: record.addresses)
        }
    }
}
