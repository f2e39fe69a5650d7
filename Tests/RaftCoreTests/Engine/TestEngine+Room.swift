@testable import RaftCore
import RaftMembership

// Full disks, by hand.
extension TestEngine {
    /// The disk has no room for the entries under way.
    @discardableResult
    mutating func refuse() -> [Effect] {
        let ids = writes.filter { !$0.batch.entries.isEmpty }.map(\.id)
        writes.removeAll { ids.contains($0.id) }
        return step(.writesRefused(ids, "no space left on device"))
    }

    /// Goes on until the disk is asked whether it has room; how long that took, in milliseconds.
    mutating func untilProbed() -> UInt64 {
        let start = now
        for _ in 0..<1000 {
            for effect in deadline() { if case .probeDisk = effect { return (now - start) / 1_000_000 } }
            guard engine.role == .leader else { continue }
            for peer in engine.others { _ = beat(peer.id.rawValue) }
        }
        return .max
    }

    /// Peer `id` answers a heartbeat.
    @discardableResult
    mutating func beat(_ id: UInt64, lacksRoom: Bool = false) -> [Effect] {
        guard engine.role == .leader else { return [] }
        let progress = progress(of: id)
        return receive(
            .heartbeatReply(
                HeartbeatReply(
                    term: engine.term, stream: progress.stream, round: engine.reads.round, hasMatch: true,
                    accepted: progress.matchIndex, matched: progress.matchIndex, lacksRoom: lacksRoom)),
            from: id)
    }

    /// Peer `id` has the log up to here, and no room for more.
    @discardableResult
    mutating func full(_ index: LogIndex, at id: UInt64) -> [Effect] {
        let progress = progress(of: id)
        return receive(
            .appendReply(
                AppendReply(
                    term: engine.term, stream: progress.stream, sequence: progress.sequence, outcome: .matched(index),
                    lacksRoom: true)), from: id)
    }
}

extension [Effect] {
    var hasProbe: Bool { contains { if case .probeDisk = $0 { true } else { false } } }
}
