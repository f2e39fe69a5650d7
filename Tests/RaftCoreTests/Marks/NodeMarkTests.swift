import RaftMembership
import Testing

@testable import RaftCore

/// Rule M10: what the mark holds, and what it finds.
@Suite("A node's mark")
struct NodeMarkTests {
    static let member = Member(id: 1, incarnation: 10)
    static let cluster = ClusterID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
    static let mark = NodeMark(
        cluster: cluster, member: member, startCounter: 2, term: 3, votedFor: Member(id: 2, incarnation: 11),
        last: LogID(term: 3, index: 4))

    @Test("The mark has the bytes that the documentation gives it")
    func golden() throws {
        let bytes = Self.mark.encoded()
        #expect(
            Samples.hex(bytes) == "53524d4b" + "01000000" + "87c355ca" + "00000000"
                + "0807060504030201" + "100f0e0d0c0b0a09" + "0100000000000000" + "0a00000000000000"
                + "0200000000000000" + "0300000000000000" + "0200000000000000" + "0b00000000000000"
                + "0300000000000000" + "0400000000000000")
        #expect(try bytes.withUnsafeBytes { try NodeMark(decoding: $0) } == Self.mark)
        let bare = NodeMark(member: Self.member)
        #expect(try bare.encoded().withUnsafeBytes { try NodeMark(decoding: $0) } == bare)
    }

    @Test("A changed, short or long mark is damaged, a later version is not (N2, L13)")
    func hostile() throws {
        let bytes = Self.mark.encoded()
        func reason(_ bytes: [UInt8]) -> EntryError.Reason? {
            do {
                _ = try bytes.withUnsafeBytes { try NodeMark(decoding: $0) }
                return nil
            } catch let error as EntryError {
                return error.reason
            } catch {
                return nil
            }
        }
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 0x40
            #expect(reason(changed) == .damage, "byte \(position)")
        }
        for count in 0..<bytes.count { #expect(reason(Array(bytes[..<count])) == .damage, "\(count) bytes") }
        #expect(reason(bytes + [0]) == .damage)
        // The checksum of a later version, made with its own rules for the rest.
        var later = bytes + [1, 2, 3]
        later[4] = 2
        let sum = checksum(later)
        for (offset, byte) in withUnsafeBytes(of: sum.littleEndian, { Array($0) }).enumerated() {
            later[8 + offset] = byte
        }
        #expect(reason(later) == .future)
    }

    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes[..<8] + bytes[12...] {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return crc ^ 0xFFFF_FFFF
    }

    // MARK: Comparison

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var change: @Sendable (inout HardState) -> Void = { _ in }
        /// Terms of the entries after the base.
        var log: [Term] = [1, 2, 3, 3]
        var base = LogID.zero
        /// What the message says; nil when nothing is wrong.
        var says: String?
    }

    static let cases: [Case] = [
        Case(testDescription: "what the mark tells"),
        Case(
            testDescription: "more of everything",
            change: {
                $0.startCounter = 9
                $0.term = 8
                $0.votedFor = nil
            }, log: [1, 2, 3, 3, 5, 8]),
        Case(testDescription: "a hint that the mark does not know", change: { $0.commitHint = 1 }),
        Case(
            testDescription: "an earlier start", change: { $0.startCounter = 1 }, says: "it has seen 1 starts of 2"),
        Case(testDescription: "an earlier term", change: { $0.term = 2 }, log: [1, 2], says: "it ends in term 2"),
        Case(testDescription: "no vote", change: { $0.votedFor = nil }, says: "lacks the vote for node 2 in term 3"),
        Case(
            testDescription: "another vote", change: { $0.votedFor = Member(id: 3, incarnation: 12) },
            says: "lacks the vote for node 2 in term 3"),
        Case(testDescription: "a shorter log", log: [1, 2, 3], says: "its log ends at 3@3, and entry 4@3 was durable"),
        Case(testDescription: "another entry there", log: [1, 2, 2, 2, 2, 2], says: "entry 4@3 was durable"),
        Case(testDescription: "the entry under a snapshot", log: [3], base: LogID(term: 3, index: 7)),
        Case(testDescription: "the entry at the end of a snapshot", log: [], base: LogID(term: 3, index: 4)),
        Case(testDescription: "a snapshot below the entry", log: [], base: LogID(term: 3, index: 3), says: "entry 4@3"),
        Case(testDescription: "no cluster", change: { $0.cluster = nil }, says: "it knows no cluster"),
        Case(
            testDescription: "another cluster", change: { $0.cluster = ClusterID(high: 1, low: 2) },
            says: "belongs to cluster"),
        Case(
            testDescription: "another life", change: { $0.member.incarnation = 9 },
            says: "incarnation 9, but this node ran last as incarnation a"),
    ]

    @Test("Data is compared with the mark, and what it lacks is named (M10)", arguments: cases)
    func comparison(_ example: Case) {
        var hard = HardState(
            cluster: Self.cluster, member: Self.member, startCounter: 2, term: 3, votedFor: Self.mark.votedFor)
        example.change(&hard)
        var terms = TermRuns(base: example.base)
        for term in example.log { terms.append(LogID(term: term, index: terms.last.index.next)) }
        let error = Self.mark.objection(
            to: RecoveredGroup(hardState: hard, terms: terms), of: 1, location: "/d/1.mark")
        #expect((error != nil) == (example.says != nil))
        guard let says = example.says else { return }
        #expect(error?.code == .amnesiac)
        let message = error?.message ?? ""
        #expect(message.contains(says), "\(message)")
        #expect(message.contains("/d/1.mark") && message.contains("put back") && !message.contains("\n"))
    }

    @Test(
        "Emptied data of a node that has run before is found, and what to do depends on whether it had a cluster (M10)")
    func emptied() {
        let pristine = RecoveredGroup()
        let error = Self.mark.objection(to: pristine, of: 1, location: "/d/1.mark")
        #expect(error?.code == .amnesiac)
        #expect(error?.message.contains("the data directory is empty, but this node has run before") == true)
        #expect(error?.message.contains("do not delete the mark") == true)
        let free = NodeMark(member: Self.member, startCounter: 1).objection(to: pristine, of: 1, location: "m")
        #expect(free?.code == .amnesiac)
        #expect(free?.message.contains("remove the mark too") == true)
    }

    @Test("A mark of another node is not taken for one's own")
    func foreign() {
        #expect(Self.mark.objection(to: RecoveredGroup(), of: 2, location: "m")?.code == .foreign)
        // Data of another node is the storage's to report.
        let hard = HardState(member: Member(id: 2, incarnation: 1), startCounter: 9, term: 9)
        #expect(Self.mark.objection(to: RecoveredGroup(hardState: hard), of: 1, location: "m") == nil)
    }
}
