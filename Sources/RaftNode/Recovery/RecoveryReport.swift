import FoundationEssentials
import RaftCore
import RaftMembership

/// What `raftd recover` found, what may be lost, and what it did. The names of the fields are those of the JSON output.
public struct RecoveryReport: Encodable, Hashable, Sendable {
    public typealias Position = InspectionReport.Position

    /// Another member that is still there.
    public struct Survivor: Encodable, Hashable, Sendable {
        public var id: UInt64
        /// Its data, when that was looked at.
        public var directory: String?
        /// Where its log ends.
        public var last: Position?
        /// It has what the directory that is recovered does not have.
        public var isNewer: Bool
        /// Damage in its data: it may have more than can be read.
        public var isDamaged: Bool
    }

    public var directory: String
    public var clusterName: String
    public var cluster: String
    /// Id and incarnation.
    public var member: String
    public var term: UInt64
    /// Known to be committed at least up to here.
    public var committed: UInt64
    public var last: Position
    /// The last configuration, committed or not.
    public var voters: [UInt64]
    public var learners: [UInt64]
    public var survivors: [Survivor]
    /// Members that were not named as survivors.
    public var lost: [UInt64]
    /// Why the data is not what the node left (rule M10).
    public var amnesia: String?
    /// The first damaged entry of the log, behind which nothing counts.
    public var damage: String?

    /// Whether the new cluster has begun; else nothing was changed.
    public var isDone = false
    public var newCluster: String?
    public var newMember: String?
    /// The position of the new cluster's first configuration.
    public var begins: Position?

    /// Survivors with more than this one, whose directory should be recovered instead.
    var newer: [Survivor] { survivors.filter(\.isNewer) }

    /// One object, its keys sorted.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// For people.
    public var text: String {
        var lines = [
            Self.row("directory", directory),
            Self.row("cluster", "\(cluster), called \(clusterName)"),
            Self.row("node", "\(member), in term \(term)"),
            Self.row("voters", Self.list(voters) + (learners.isEmpty ? "" : "; learners \(Self.list(learners))")),
            Self.row("committed", "at least through \(committed)"),
            Self.row("log", log),
            Self.row("may be lost", loss),
        ]
        lines += survivors.map { Self.row("survivor \($0.id)", Self.text($0)) }
        if let damage { lines.append(Self.row("damaged", damage + "; it and all behind it would be lost")) }
        if let amnesia { lines.append(Self.row("amnesiac", amnesia)) }
        if isDone, let newCluster, let newMember, let begins {
            lines += [
                Self.row("new cluster", newCluster),
                Self.row("new node", "\(newMember), the only voter, from entry \(begins.index)@\(begins.term) on"),
                Self.row("next", next),
            ]
        }
        return lines.map(\.onOneLine).joined(separator: "\n") + "\n"
    }

    private var log: String {
        let end = "through \(last.index)@\(last.term)"
        guard last.index > committed else { return end }
        let first = committed + 1
        return end
            + (first == last.index
                ? "; entry \(first) may not have been committed: it is kept and counts"
                : "; entries \(first) to \(last.index) may not have been committed: they are kept and count")
    }

    private var loss: String {
        let rest = "whatever was acknowledged behind entry \(last.index)@\(last.term) and is not here"
        return lost.isEmpty ? rest : rest + "; all that only \(Self.nodes(lost)) had"
    }

    private var next: String {
        let who = survivors.isEmpty ? "new nodes" : "\(Self.nodes(survivors.map(\.id))), or new ones,"
        return "start this node, then \(who) on empty directories, and add each with raftctl member add ID=ADDRESS"
    }

    private static func text(_ survivor: Survivor) -> String {
        guard let last = survivor.last, let directory = survivor.directory else {
            return "its log was not looked at; name its directory too, in case it has more"
        }
        let end = "through \(last.index)@\(last.term) in \(directory)"
        if survivor.isNewer { return end + ": it has what is missing here, recover that directory instead" }
        return end + (survivor.isDamaged ? ", damaged; nothing readable is missing here" : ", nothing is missing here")
    }

    private static func nodes(_ ids: [UInt64]) -> String { (ids.count == 1 ? "node " : "nodes ") + list(ids) }

    private static func list(_ ids: [UInt64]) -> String { ids.map(String.init).joined(separator: ", ") }

    private static func row(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 14 - name.count)) + value
    }
}
