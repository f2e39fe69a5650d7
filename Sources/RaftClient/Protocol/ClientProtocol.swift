/// The protocol between clients and a node, version 1. Little-endian throughout; bytes are counted from the frame's start.
///
/// ```
/// frame     length u32 | CRC-32C u32 of the body | body
///           `length` counts what follows it: the checksum and the body, so 5 at least
/// body      kind u8 | the rest depends on the kind
/// string    length u16 | UTF-8
/// addresses count u8 | string, each
/// ```
///
/// The client speaks first, with one hello; the server answers with a hello of its own, or with a goodbye, which is the
/// last frame before it closes. Then requests go one way and answers the other, each with the number that the client
/// gave its request. Requests are not answered in their order.
///
/// | kind | from | after the kind |
/// |---|---|---|
/// | 0x01 hello | client | `SRFC` · version u16 · largest frame it takes u32 |
/// | 0x02 hello | server | `SRFC` · version u16 · largest frame it takes u32 · cluster name string · node u64 · cluster identity u64 high, u64 low (both 0 until the cluster is formed) |
/// | 0x03 goodbye | server | reason u8 · message string |
/// | 0x10 propose | client | request u64 · command, to the end |
/// | 0x11 query | client | request u64 · consistency u8; if 5 (stale, bounded): age in nanoseconds u64 · query, to the end |
/// | 0x12 status | client | request u64 |
/// | 0x13 members | client | request u64 |
/// | 0x14 bootstrap | client | request u64 · count u16 · for each member: node u64 · addresses |
/// | 0x15 change | client | request u64 · expected u8; if 1: term u64, index u64 · count u16 · for each wish: kind u8, see below |
/// | 0x16 transfer | client | request u64 · target u64 (0: the best) |
/// | 0x17 snapshot | client | request u64 · compacts u8 (1: cut the log without a tail) |
/// | 0x20 backup | client | request u64 · consistency u8 (1 linearizable, 4 stale) |
/// | 0x21 backupChunk | client | request u64 · the snapshot: term u64, index u64, size u64, checksum u32 · offset u64 · count u32 |
/// | 0x24 metrics | client | request u64 · format u8 (1: Prometheus' text, 0.0.4) |
/// | 0x38 traceLevel | client | request u64 · level u8 (0 trace to 6 critical; 255: only ask) · module string (empty: all) |
/// | 0x39 recording | client | request u64 · number of the first event u64 |
/// | 0x40 bytes | server | request u64 · answer to a query, bytes of a backup, or metrics, to the end |
/// | 0x41 error | server | request u64 · code u8 · outcome u8 (0 rejected, 1 unknown, 2 committed) · message string · leader known u8; if 1: node u64 · addresses |
/// | 0x42 status | server | request u64 · status, see `NodeStatus` |
/// | 0x43 members | server | request u64 · configuration as `MembershipCodec` writes it |
/// | 0x44 formed | server | request u64 · cluster identity u64 high, u64 low |
/// | 0x46 leads | server | request u64 · node u64 |
/// | 0x47 snapshotTaken | server | request u64 · last term u64, last index u64 · size u64 · checksum u32 · purged index u64 |
/// | 0x50 backup | server | request u64 · see `BackupOffer` |
/// | 0x68 traceLevels | server | request u64 · see `TraceLevels` |
/// | 0x69 recording | server | request u64 · number to go on with u64 (0: nothing is left) · recording, to the end |
/// | 0x45 output | server | request u64 · index of the command in the log u64 (0: not told) · output, to the end |
///
/// Wishes of a change: 1 add (role u8: 0 voter, 1 learner, 2 witness · node u64 · addresses) · 2 promote (node u64) ·
/// 3 demote (node u64) · 4 remove (node u64) · 5 exactly these vote (count u16 · node u64, each) · 6 addresses (node u64 ·
/// addresses). The answer is *members*.
///
/// The highest bit of a request's kind says that a trace context stands behind its number: trace u64 high, u64 low · span u64 ·
/// flags u8 (bit 0: sampled).
///
/// A server answers a request of a kind from 0x10 to 0x3F that it does not know with the error *notSupported*; any other
/// frame that has no place, fails its checksum or does not end where it should ends the connection.
package enum ClientProtocol {
    package static let magic: [UInt8] = [UInt8]("SRFC".utf8)
    package static let version: UInt16 = 1
    /// Of a request's kind: a trace context follows its number.
    package static let traced: UInt8 = 0x80
    /// Bytes before a frame's body.
    package static let headSize = 8
    /// The most that a frame adds to a command or an answer; what limits add to the largest command.
    package static let margin = 4096
    /// The most that the length of a frame may say before the hellos are through.
    package static let maximumHandshakeLength = 4096
    /// What `length` says at least: a checksum and a kind.
    package static let minimumLength = 5
    /// Members in one bootstrap request.
    package static let maximumMembers = 1024

    package enum Kind {
        package static let clientHello: UInt8 = 0x01
        package static let serverHello: UInt8 = 0x02
        package static let goodbye: UInt8 = 0x03
        package static let propose: UInt8 = 0x10
        package static let query: UInt8 = 0x11
        package static let status: UInt8 = 0x12
        package static let members: UInt8 = 0x13
        package static let bootstrap: UInt8 = 0x14
        package static let change: UInt8 = 0x15
        package static let transfer: UInt8 = 0x16
        package static let snapshot: UInt8 = 0x17
        package static let backup: UInt8 = 0x20
        package static let backupChunk: UInt8 = 0x21
        package static let metrics: UInt8 = 0x24
        package static let openSession: UInt8 = 0x30
        package static let proposeInSession: UInt8 = 0x31
        package static let closeSession: UInt8 = 0x32
        package static let traceLevel: UInt8 = 0x38
        package static let recording: UInt8 = 0x39
        /// Kinds of requests, known and to come.
        package static let requests: ClosedRange<UInt8> = 0x10...0x3F
        package static let bytes: UInt8 = 0x40
        package static let error: UInt8 = 0x41
        package static let nodeStatus: UInt8 = 0x42
        package static let membership: UInt8 = 0x43
        package static let formed: UInt8 = 0x44
        package static let output: UInt8 = 0x45
        package static let leads: UInt8 = 0x46
        package static let snapshotTaken: UInt8 = 0x47
        package static let backupOffer: UInt8 = 0x50
        package static let sessionOpened: UInt8 = 0x60
        package static let traceLevels: UInt8 = 0x68
        package static let recordingPart: UInt8 = 0x69
    }
}
