import Testing

@testable import RaftTracing

@Suite("Recordings of several nodes tell who led when, and why that changed")
struct MergedRecordingTests {
    /// A node's recorder, and what it records, by a clock that the test sets.
    private struct Recorded {
        let recorder: FlightRecorder
        let node: UInt64

        init(_ node: UInt64) throws {
            self.node = node
            recorder = try FlightRecorder(events: 64, cluster: "demo", node: node, clock: { 0 })
        }

        func add(_ time: UInt64, _ kind: EventKind, _ fields: TraceField...) {
            recorder.record(kind, kind.level, module: "core", nil, [], fields.span, at: time * 1_000_000)
        }

        /// - Parameters:
        ///   - process: stands for the process that recorded.
        ///   - started: and for when that began.
        func recording(process: UInt32 = 1, started: UInt8 = 0) throws -> FlightRecording {
            let part = recorder.read(from: 1, maximumBytes: .max)
            var header = part.header
            header[24] = started
            for byte in 0..<4 { header[32 + byte] = UInt8(truncatingIfNeeded: process >> (8 * UInt32(byte))) }
            return try FlightRecording(header + part.slots)
        }

        func elected(_ time: UInt64, term: UInt64) { add(time, .leaderElected, .peer(node), .term(term)) }
        func stepped(_ time: UInt64, term: UInt64) { add(time, .roleChanged, .role("follower"), .term(term)) }
    }

    private func stories(_ recordings: [FlightRecording]) -> [String] {
        MergedRecording(recordings).leaderships.map { leadership in
            let end = leadership.ended.map { "\($0 / 1_000_000)" } ?? "…"
            return "\(leadership.term): \(leadership.node) \(leadership.began / 1_000_000)-\(end) \(leadership.reason)"
        }
    }

    @Test("Events stand in the order of their times, and one that two recordings have is there once")
    func order() throws {
        let one = try Recorded(1)
        let two = try Recorded(2)
        one.add(1, .nodeStarted)
        two.add(2, .nodeStarted)
        one.add(3, .leaderLost, .term(1))
        let recordings = try [one.recording(), two.recording(), one.recording()]
        let merged = MergedRecording(recordings)
        #expect(merged.entries.map(\.node) == [1, 2, 1])
        #expect(merged.entries.map(\.event.kind) == ["raft.node.started", "raft.node.started", "raft.leader.lost"])
    }

    @Test("A leader that lost its quorum, one that handed over, one with a slow disk, and one that leads on")
    func reasons() throws {
        let one = try Recorded(1)
        let two = try Recorded(2)
        one.elected(10, term: 2)
        one.add(20, .quorumLost, .term(2))
        one.stepped(20, term: 2)
        two.elected(30, term: 3)
        two.add(40, .transferStarted, .peer(1))
        two.stepped(41, term: 4)
        one.elected(42, term: 4)
        one.add(50, .diskStalled, .reason("a write is under way for 900 ms"))
        one.stepped(50, term: 4)
        two.elected(60, term: 5)
        two.add(70, .commitAdvanced, .index(9), .term(5))
        #expect(
            try stories([one.recording(), two.recording()]) == [
                "2: 1 10-20 it no longer reached a quorum", "3: 2 30-41 it handed over to node 1",
                "4: 1 42-50 a write is under way for 900 ms", "5: 2 60-… it leads at the end of the recording",
            ])
    }

    @Test("A leader of an earlier term is told of a later one")
    func laterTerm() throws {
        let one = try Recorded(1)
        one.elected(10, term: 2)
        one.add(19, .messageReceived, .message("HeartbeatReply"), .peer(3), .term(2), .index(1), .count(0))
        one.add(20, .messageReceived, .message("VoteRequest"), .peer(2), .term(3), .index(1), .count(0))
        one.stepped(20, term: 3)
        #expect(try stories([one.recording()]) == ["2: 1 10-20 node 2 came with term 3 (VoteRequest)"])
    }

    @Test("In a container each process of a node has the same id, and is another all the same")
    func container() throws {
        let one = try Recorded(1)
        one.elected(10, term: 2)
        let two = try Recorded(2)
        two.elected(30, term: 3)
        let again = try Recorded(1)
        again.add(40, .nodeStarted)
        #expect(
            try stories([one.recording(), two.recording(), again.recording(started: 1)]).first
                == "2: 1 10-10 its process ended")
    }

    @Test("A process that was killed says nothing: its next one, or another leader, shows it")
    func killed() throws {
        let one = try Recorded(1)
        one.elected(10, term: 2)
        one.add(15, .commitAdvanced, .index(9), .term(2))
        let two = try Recorded(2)
        two.elected(30, term: 3)
        #expect(
            try stories([one.recording(), two.recording()]) == [
                "2: 1 10-15 nothing is recorded of it after this; node 2 led term 3 next",
                "3: 2 30-… it leads at the end of the recording",
            ])
        let again = try Recorded(1)
        again.add(50, .nodeStarted)
        again.elected(60, term: 4)
        two.add(55, .leaderLost, .term(3))
        two.add(56, .nodeStopping)
        #expect(
            try stories([one.recording(), two.recording(), again.recording(process: 2)]) == [
                "2: 1 10-15 its process ended", "3: 2 30-56 it was asked to stop",
                "4: 1 60-… it leads at the end of the recording",
            ])
    }

    @Test("A recorded event is a line as sinks write it, with its node and module")
    func lines() throws {
        let one = try Recorded(1)
        one.add(1, .messageSent, .message("Heartbeat"), .peer(2), .term(3), .index(4), .count(0))
        let event = try #require(try one.recording().events.first)
        #expect(
            RecordingText.line(event, node: 1, as: .text)
                == "1970-01-01T00:00:00.001000Z TRACE raft.message.sent node=1 module=core message=Heartbeat peer=2 term=3 index=4 count=0"
        )
        #expect(
            RecordingText.line(event, node: 1, as: .json) == """
                {"time":"1970-01-01T00:00:00.001000Z","level":"trace","event":"raft.message.sent","message":"",\
                "raft.node":1,"raft.module":"core","raft.message":"Heartbeat","raft.peer":2,"raft.term":3,"raft.index":4,"raft.count":0}
                """)
    }
}
