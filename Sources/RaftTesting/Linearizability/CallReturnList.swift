/// The calls and returns of a history in the order of time, as a doubly linked list from which operations are lifted
/// when they are given their place, and into which they are put back (Lowe, "Testing for linearizability", 2017).
///
/// Every call and return has a *position*. Where times tie, calls come before returns: operations that touch at one
/// instant are concurrent, so that no more is ordered than the record proves. Open operations have the position of their
/// call, but stand in no list: they never have to be placed.
struct CallReturnList {
    /// The position of each operation's call.
    let call: [Int32]
    /// The position of each operation's return; ``Int32/max`` for an open operation.
    let `return`: [Int32]
    /// The operation at a position, and whether it is its return.
    private let occupant: [Int32]
    private var next: [Int32]
    private var previous: [Int32]

    /// The time of each position.
    private let times: [UInt64]

    /// Stands before the first and after the last position.
    let end: Int32

    init(invoked: [UInt64], returned: [UInt64?]) {
        var events: [(time: UInt64, rank: UInt8, operation: Int32)] = []
        events.reserveCapacity(invoked.count * 2)
        for index in invoked.indices {
            events.append((invoked[index], 0, Int32(index)))
            if let time = returned[index] { events.append((max(time, invoked[index]), 1, Int32(index))) }
        }
        events.sort { ($0.time, $0.rank, $0.operation) < ($1.time, $1.rank, $1.operation) }

        var call = [Int32](repeating: 0, count: invoked.count)
        var `return` = [Int32](repeating: .max, count: invoked.count)
        for (position, event) in events.enumerated() {
            if event.rank == 0 {
                call[Int(event.operation)] = Int32(position)
            } else {
                `return`[Int(event.operation)] = Int32(position)
            }
        }
        let end = Int32(events.count)
        var next = [Int32](repeating: end, count: events.count + 1)
        var previous = next
        var last = end
        for (position, event) in events.enumerated() where `return`[Int(event.operation)] != .max {
            next[Int(last)] = Int32(position)
            previous[position] = last
            last = Int32(position)
        }
        next[Int(last)] = end
        previous[Int(end)] = last

        self.call = call
        self.return = `return`
        self.occupant = events.map { $0.rank == 0 ? $0.operation : ~$0.operation }
        self.times = events.map(\.time)
        self.next = next
        self.previous = previous
        self.end = end
    }

    /// The first position that is still in the list, or ``end``.
    var first: Int32 { next[Int(end)] }

    /// The position that follows in the list, or ``end``.
    func position(after position: Int32) -> Int32 { next[Int(position)] }

    /// The operation called at a position, or `nil` when an operation returns there.
    func called(at position: Int32) -> Int? {
        let occupant = occupant[Int(position)]
        return occupant >= 0 ? Int(occupant) : nil
    }

    /// The operation that returns at a position at which none is called.
    func returning(at position: Int32) -> Int { Int(~occupant[Int(position)]) }

    /// The time of a position.
    func time(at position: Int32) -> UInt64 { times[Int(position)] }

    /// Takes an operation that is in the list out of it.
    mutating func lift(_ operation: Int) {
        unlink(call[operation])
        unlink(`return`[operation])
    }

    /// Puts the operation back that was lifted last.
    mutating func unlift(_ operation: Int) {
        relink(`return`[operation])
        relink(call[operation])
    }

    private mutating func unlink(_ position: Int32) {
        let before = previous[Int(position)]
        let after = next[Int(position)]
        next[Int(before)] = after
        previous[Int(after)] = before
    }

    private mutating func relink(_ position: Int32) {
        let before = previous[Int(position)]
        let after = next[Int(position)]
        next[Int(before)] = position
        previous[Int(after)] = position
    }
}
