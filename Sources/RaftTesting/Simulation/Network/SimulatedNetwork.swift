import RaftCore
import RaftMembership

/// A message under way, with what its sender was when it left. An object, so that the queue moves a reference.
final class Delivery {
    let envelope: Envelope
    let cluster: ClusterID?
    let from: Int
    let to: Int

    init(_ envelope: Envelope, of cluster: ClusterID?, from: Int, to: Int) {
        self.envelope = envelope
        self.cluster = cluster
        self.from = from
        self.to = to
    }
}

/// What the network does to messages: loss, doubling, delay and so reordering, cuts in either direction, clogged links.
final class SimulatedNetwork {
    struct Weather: Sendable {
        /// Nanoseconds.
        var delay: ClosedRange<UInt64> = 100_000...2_000_000
        /// In thousandths.
        var loss: UInt64 = 0
        var duplication: UInt64 = 0
        /// How often a message takes up to a hundred times as long.
        var stragglers: UInt64 = 0
    }

    private struct Link {
        var isCut = false
        var extraDelay: UInt64 = 0
        /// Nothing arrives before this; then everything does.
        var cloggedUntil: Instant?
        /// What becomes of its messages.
        var random: SeededRandom
    }

    var weather: Weather
    private var links: [Link]
    private let count: Int
    private let world: World

    init(nodes: Int, weather: Weather, world: World, seed: UInt64) {
        count = nodes
        links = (0..<nodes * nodes).map { Link(random: SeededRandom(seed: seed, of: .link, $0)) }
        self.weather = weather
        self.world = world
    }

    func isOpen(_ from: Int, _ to: Int) -> Bool { !links[from * count + to].isCut }

    func cut(_ from: Int, _ to: Int) {
        if from != to { links[from * count + to].isCut = true }
    }

    func slow(_ from: Int, _ to: Int, by delay: UInt64) { links[from * count + to].extraDelay = delay }

    func clog(_ from: Int, _ to: Int, until instant: Instant) { links[from * count + to].cloggedUntil = instant }

    /// Every link works again; what was clogged arrives when it was to arrive.
    func heal() {
        for index in links.indices {
            links[index].isCut = false
            links[index].extraDelay = 0
        }
    }

    func send(_ envelope: Envelope, from life: SimulatedLife) {
        let from = life.node.index
        let to = Int(envelope.to.id.rawValue) - 1
        guard to >= 0, to < count, life.cluster.greetings.isConnected(life.node, life, to: to) else {
            lose(envelope, .messageLost)
            return
        }
        let position = from * count + to
        if links[position].isCut || links[position].random.chance(weather.loss) {
            lose(envelope, .messageLost)
            return
        }
        transmit(Delivery(envelope, of: life.identity?.cluster, from: from, to: to), on: &links[position])
    }

    private func transmit(_ delivery: Delivery, on link: inout Link) {
        let copies = link.random.chance(weather.duplication) ? 2 : 1
        if copies == 2 { world.coverage.add(.messageDoubled) }
        for _ in 0..<copies {
            var delay = link.random.next(in: weather.delay) + link.extraDelay
            if link.random.chance(weather.stragglers) {
                delay *= link.random.next(in: 1...100)
                world.coverage.add(.messageLate)
            }
            var at = world.now + delay
            if let until = link.cloggedUntil, until > at {
                at = until + link.random.next(in: 0...1_000_000)
                world.coverage.add(.messageClogged)
            }
            world.insert(.delivery(delivery), at: at)
        }
    }

    private func lose(_ envelope: Envelope, _ why: CoveragePoint) {
        world.coverage.add(why)
        world.trace.record(world.now, .lost(envelope))
    }
}
