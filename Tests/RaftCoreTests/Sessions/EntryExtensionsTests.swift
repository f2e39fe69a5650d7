import RaftMembership
import Testing

@testable import RaftCore

@Suite("Extensions of entries are the documented ones (W4, L13)")
struct EntryExtensionsTests {
    static let call = SessionCall(
        session: SessionID(index: 0x0102, nonce: 0x0A0B), serial: 7, lowestUnanswered: 5)

    private func read(_ bytes: [UInt8]) throws -> EntryExtensions {
        try bytes.withUnsafeBytes { try EntryExtensions($0) }
    }

    private func entry(_ kind: EntryKind, extensions: [UInt8], payload: [UInt8] = [1], term: Term = 2) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: 2)
        builder.append(kind, term: term, extensions: extensions, payload: payload)
        return builder.finish()
    }

    @Test("A session call and the leader's time are written byte for byte and read back")
    func bytes() throws {
        let extensions = EntryExtensions(call: Self.call, leaderTime: 9)
        let bytes = extensions.encode()
        #expect(
            bytes == [0x81, 32, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0x0B, 0x0A, 0, 0, 0, 0, 0, 0]
                + [7, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0x82, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0])
        #expect(try read(bytes) == extensions)
        let batch = entry(.command, extensions: bytes, payload: [3, 4])
        #expect(!batch.isPlain && batch.extensions(at: 0) == extensions)
        #expect(batch.withPayload(at: 0) { Array($0) } == [3, 4])
        let again = try EntryBatch(
            verifying: batch.withUnsafeBytes { Array($0) }, firstIndex: 2, count: 1)
        #expect(again == batch && !again.isPlain)
        #expect(entry(.command, extensions: []).isPlain)
    }

    @Test("What need not be understood is passed over, what must be is refused as a newer release's (L13)")
    func unknown() throws {
        #expect(try read([0x01, 2, 0, 9, 9, 0x82, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0]).leaderTime == 1)
        for bytes: [UInt8] in [
            [0x90, 0, 0], [0x82, 4, 0, 1, 1, 1, 1], [0x81], [0x01, 9, 0, 1],
            EntryExtensions(leaderTime: 1).encode() + EntryExtensions(leaderTime: 2).encode(),
            EntryExtensions(leaderTime: .max).encode(),
            EntryExtensions(call: SessionCall(session: Self.call.session, serial: 4, lowestUnanswered: 5)).encode(),
        ] {
            let error = #expect(throws: EntryError.self) { try read(bytes) }
            #expect(error?.reason == .future, "\(bytes)")
        }
    }

    @Test("Session orders are written byte for byte and read back; others are a newer release's (L13)")
    func orders() throws {
        let limits = SessionTableTests.limits(timeout: 1_000_000, sessions: 2, results: 3, resultBytes: 4)
        let open = SessionOrder.open(nonce: 5, limits)
        #expect(
            open.encode() == [1, 5, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x42, 0x0F, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]
                + [0, 0, 0])
        for order in [open, .close(Self.call.session)] {
            #expect(try order.encode().withUnsafeBytes { try SessionOrder($0) } == order)
        }
        for bytes: [UInt8] in [[], [3], [1, 0], open.encode() + [0]] {
            #expect(throws: EntryError.self) { try bytes.withUnsafeBytes { try SessionOrder($0) } }
        }
    }

    @Test(
        "A follower that gets what only a newer release knows writes nothing of it and stops (L13)",
        arguments: [
            ([0x90, 0, 0], EntryKind.command, [1]), ([], .session, SessionOrder.close(call.session).encode()),
            (EntryExtensions(leaderTime: 1).encode(), .session, [9]),
        ] as [([UInt8], EntryKind, [UInt8])])
    func fenced(extensions: [UInt8], kind: EntryKind, payload: [UInt8]) throws {
        var follower = try TestEngine()
        let last = follower.engine.log.last
        var builder = EntryBatchBuilder(firstIndex: last.index.next)
        builder.append(kind, term: 2, extensions: extensions, payload: payload)
        let effects = follower.step(
            .received(
                Envelope(
                    group: .first, from: TestEngine.member(2), to: follower.engine.member,
                    message: .appendEntries(
                        AppendEntries(
                            term: 2, stream: 1, sequence: 1, previous: last, leaderCommit: 0,
                            entries: builder.finish())))))
        #expect(follower.engine.isFenced)
        #expect(
            !effects.contains {
                if case .persist(let batch, _) = $0 { !batch.entries.isEmpty } else { false }
            })
    }

    @Test("A node does not start on such an entry (L13)")
    func recovery() {
        for batch in [
            entry(.command, extensions: [0x90, 0, 0]), entry(.session, extensions: [], payload: [9]),
        ] {
            var recovery = LogRecovery()
            let first = LogTests.batch([2])
            let error = #expect(throws: StorageError.self) {
                try first.withUnsafeBytes { try recovery.visit($0) }
                try batch.withUnsafeBytes { try recovery.visit($0) }
            }
            #expect(error?.code == .tooNew)
        }
    }
}
