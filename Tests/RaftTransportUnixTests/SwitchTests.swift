#if TestBuild
    import Glibc
    import NIOCore
    import RaftCore
    import RaftMembership
    import RaftTesting
    import Testing

    @testable import RaftTransportUnix

    /// Every rule that this transport can break by a small edit, broken: somebody notices.
    @Suite("Switches of the transport on sockets")
    struct SwitchTests {
        static let properties: [(Mutation, ConformanceProperty)] = [
            (.acceptOtherName, .clusterName), (.acceptOtherCluster, .clusterIdentity), (.believeSender, .sender),
            (.deliverToFormerLife, .addressee), (.carryAllWithoutCluster, .formationOnly),
            (.ignoreObjections, .objections), (.keepForAbsentPeers, .absentPeers),
        ]

        @Test(
            "A property of the conformance suite does not hold when its rule is broken on purpose (M7, M9, M10, N1, N4)",
            arguments: properties)
        func property(rule: Mutation, property: ConformanceProperty) async throws {
            var options = TransportConformanceOptions()
            options.queueBytes = 4 << 20
            // What never comes is waited for no longer than this.
            options.patience = .seconds(3)
            let suite = ConformanceTests.suite(.unix, MutationSwitch(rule), options: options)
            let failure = await #expect(throws: ConformanceFailure.self, "\(rule) (\(rule.rule)) is not noticed") {
                try await suite.check(property)
            }
            #expect(failure?.property == property)
        }

        typealias Check = @Sendable (MutationSwitch) async throws -> Bool

        static let rules: [(Mutation, Check)] = [
            (.deliverBeforeGreeting, strangersAreNotHeard), (.skipFrameChecksum, damageIsFound),
            (.unboundedFrames, framesAreBounded), (.unboundedQueue, queuesAreBounded),
            (.redialWithoutPause, pausesGrow),
        ]

        @Test("The rule holds, and does not when it is broken on purpose (N1, N2, N4, P5)", arguments: rules.indices)
        func caught(at position: Int) async throws {
            let (rule, holds) = Self.rules[position]
            #expect(try await holds(MutationSwitch()))
            #expect(try await !holds(MutationSwitch(rule)), "\(rule) is not noticed")
        }

        @Test(
            "A process of another user is turned away, and is not when that is broken on purpose (N3)",
            .enabled(if: geteuid() == 0, "only root can become somebody else"))
        func otherUsers() async throws {
            #expect(try await Self.othersAreTurnedAway(MutationSwitch()))
            #expect(try await !Self.othersAreTurnedAway(MutationSwitch(.admitAnyUser)))
        }

        @Test("Each switch of the transport is in the catalogue")
        func complete() {
            let here: [Mutation] = Self.properties.map(\.0) + Self.rules.map(\.0) + [.admitAnyUser]
            #expect(
                here.allSatisfy { MutationCatalogue.modules[$0] != nil && !MutationCatalogue.simulated.contains($0) })
        }

        private static func options(_ broken: MutationSwitch) -> UnixTransportOptions {
            var options = UnixTransportOptions()
            options.broken = broken
            return options
        }

        /// N1: what comes before the greeting does not count.
        static func strangersAreNotHeard(_ broken: MutationSwitch) async throws -> Bool {
            let directory = try TemporaryDirectory()
            let one = try await TestNode.start(1, on: directory.socket("one"), options: options(broken))
            let member = Member(id: 9, incarnation: 4)
            let stranger = try RawPeer(to: directory.socket("one"))
            sendRaw([Samples.heartbeat(from: member, to: one.member, round: 1)], by: stranger)
            // The stranger's end, or an answer to its greeting: either way its first word was dealt with.
            _ = try? stranger.greet(as: member, expecting: 1)
            let honest = try RawPeer(to: directory.socket("one"))
            _ = try honest.greet(as: member, expecting: 1)
            let good = Samples.heartbeat(from: member, to: one.member, round: 2)
            sendRaw([good], by: honest)
            let isHeard = await eventually { one.recorder.envelopes.contains(good) }
            let heard = one.recorder.envelopes
            await one.stop()
            return isHeard && heard == [good]
        }

        /// N3: the kernel says who connects.
        static func othersAreTurnedAway(_ broken: MutationSwitch) async throws -> Bool {
            // An abstract socket has no file whose mode would keep others away.
            let address = "unix:@raft-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            let one = try await TestNode.start(1, on: address, options: options(broken))
            let peer = try asUser(65534) { try RawPeer(to: address) }
            let answer = try? peer.greet(as: Member(id: 9, incarnation: 4), expecting: 1)
            let own = try RawPeer(to: address)
            let greeting = try own.greet(as: Member(id: 8, incarnation: 4), expecting: 1)
            await one.stop()
            return answer == nil && greeting != nil
        }

        /// N2: no bit of a frame may change.
        static func damageIsFound(_ broken: MutationSwitch) throws -> Bool {
            let frame = HostileBytesTests.frame(.envelope, Array(repeating: 0x5A, count: 40))
            for bit in 32..<8 * frame.count {
                var spoiled = frame
                spoiled[bit / 8] ^= 1 << UInt8(bit % 8)
                var decoder = FrameDecoder(maximumLength: 4096, broken: broken)
                decoder.append(ByteBuffer(bytes: spoiled))
                if (try? decoder.next { _, body in body.count }) != nil { return false }
            }
            return true
        }

        /// N2: a length is checked before anything is kept for it.
        static func framesAreBounded(_ broken: MutationSwitch) throws -> Bool {
            var decoder = FrameDecoder(maximumLength: 4096, broken: broken)
            decoder.append(ByteBuffer(bytes: [0, 0, 0, 0x40] as [UInt8]))
            do {
                _ = try decoder.next { _, _ in () }
                return false
            } catch is FrameError {
                return true
            }
        }

        /// N4: a peer that reads no more fills no memory.
        static func queuesAreBounded(_ broken: MutationSwitch) throws -> Bool {
            let one = Member(id: 1, incarnation: 1)
            var queue = OutboundQueue(urgentBytes: 100_000, bulkBytes: 1_000_000, broken: broken)
            for number in 1...1000 as ClosedRange<UInt64> {
                _ = queue.append(Samples.entries(from: one, to: one, sequence: number, size: 10_000))
                _ = queue.append(Samples.heartbeat(from: one, to: one, round: number))
            }
            return queue.bytes <= 1_100_000 && queue.count > 90
        }

        /// P5: attempts to reach a peer that is away become rare.
        static func pausesGrow(_ broken: MutationSwitch) throws -> Bool {
            var backoff = Backoff(shortest: 20, longest: 1000, broken: broken)
            let pauses = (0..<20).map { backoff.next(random: $0) }
            return pauses.allSatisfy { $0 > 0 } && (pauses.last ?? 0) >= 500
        }
    }
#endif
