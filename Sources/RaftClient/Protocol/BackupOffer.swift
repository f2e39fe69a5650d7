public import RaftCore
public import RaftMembership

/// A snapshot that a node has taken, to be read as a backup: what it is of, and whose.
///
/// Encoded as cluster name (string), kind of the machine (string, empty when not told), node (8), length of the snapshot
/// (4), `Snapshot.encoded()`.
public struct BackupOffer: Hashable, Sendable {
    /// Position, configuration, cluster identity, size and checksum of the body.
    public var snapshot: Snapshot
    public var clusterName: String
    /// The machine whose state it is, as configurations name it; empty when not told.
    public var machine: String
    public var node: NodeID

    public init(snapshot: Snapshot, clusterName: String, machine: String, node: NodeID) {
        self.snapshot = snapshot
        self.clusterName = clusterName
        self.machine = machine
        self.node = node
    }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.writeString(clusterName)
        writer.writeString(machine)
        writer.write(node.rawValue)
        writer.writeBlock(snapshot.encoded())
        return writer.bytes
    }

    static func decode(_ reader: inout ByteReader) throws(WireError) -> BackupOffer {
        let name = try reader.readString()
        let machine = try reader.readString()
        let node = NodeID(try reader.read())
        let length = Int(try reader.read(UInt32.self))
        do {
            let snapshot = try Snapshot(decoding: try reader.readRaw(length))
            return BackupOffer(snapshot: snapshot, clusterName: name, machine: machine, node: node)
        } catch let error as EntryError {
            throw WireError.badEntry(error)
        } catch {
            throw WireError.truncated(reader.offset)
        }
    }
}

extension ByteWriter {
    mutating func write(_ snapshot: SnapshotID) {
        write(snapshot.last.term.rawValue)
        write(snapshot.last.index.rawValue)
        write(snapshot.size)
        write(snapshot.checksum)
    }
}

extension ByteReader {
    mutating func readSnapshotID() throws(WireError) -> SnapshotID {
        let last = LogID(term: Term(try readBounded()), index: LogIndex(try readBounded()))
        return SnapshotID(last: last, size: try readBounded(), checksum: try read())
    }
}
