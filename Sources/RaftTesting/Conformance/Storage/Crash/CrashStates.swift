/// All the ways in which a recorded piece of work can be cut off, each as a directory.
struct CrashStates {
    let before: DirectoryImage
    /// The inodes of the files in `before`.
    let inodes: [String: UInt64]
    let calls: [FileCall]

    /// A crash, and what it leaves.
    struct State {
        /// In words, for a failure.
        var crash: String
        var image: DirectoryImage
        /// How many calls had returned.
        var count: Int
        /// Whether the work had returned.
        var isAfterReturn: Bool
    }

    /// What the disk holds when everything arrived.
    var end: DirectoryImage { replay(calls.count) { _ in .kept } }

    /// What a process leaves that is killed before, in the middle of, and after each call: the system keeps the rest.
    func killed(_ visit: (State) throws -> Void) rethrows {
        for count in 0...calls.count {
            let where_ = "killed \(place(count))"
            try visit(
                State(
                    crash: where_, image: replay(count) { _ in .kept }, count: count,
                    isAfterReturn: count == calls.count))
            guard count < calls.count, case .write(_, let bytes, _) = calls[count].kind, bytes.count > 1 else {
                continue
            }
            // A signal may cut a write short.
            let half = bytes.count / 2
            let image = replay(count + 1) { $0 == count ? .cutTo(half) : .kept }
            try visit(
                State(
                    crash: "\(where_), \(half) bytes of which arrived", image: image, count: count,
                    isAfterReturn: false))
        }
    }

    /// What a power cut at each call leaves: what was synced is there, of the rest some is lost and some torn at a sector.
    /// Names are lost from the latest on, as journals of file systems have it; data in any order.
    /// - Parameters:
    ///   - start: how many calls had returned at least.
    ///   - most: how many of the unsynced writes are taken one by one, for each place.
    func powerLost(
        from start: Int = 0, most: Int, using random: inout SeededRandom, _ visit: (State) throws -> Void
    ) rethrows {
        for count in start...calls.count {
            // The call at `count` may have begun.
            let begun = min(count + 1, calls.count)
            let loose = (0..<begun).filter { !isDurable($0, at: count) }
            let data = loose.filter { calls[$0].changesData }
            let names = loose.filter { calls[$0].changesNames }
            let isAfterReturn = count == calls.count
            func state(_ what: String, _ fate: (Int) -> CrashedDisk.Fate) -> State {
                State(
                    crash: "power lost \(place(count)), \(what)", image: replay(begun, fate),
                    count: count, isAfterReturn: isAfterReturn)
            }
            if loose.isEmpty {
                try visit(state("with everything synced") { _ in .kept })
                continue
            }
            try visit(state("unsynced writes lost") { data.contains($0) ? .lost : .kept })
            try visit(state("everything unsynced lost") { loose.contains($0) ? .lost : .kept })
            for position in names {
                try visit(
                    state("\(calls[position]) and later names lost") {
                        names.contains($0) && $0 >= position ? .lost : .kept
                    })
            }
            for position in pick(most, of: data, using: &random) {
                let call = calls[position]
                try visit(state("\(call) lost") { $0 == position ? .lost : .kept })
                try visit(state("only \(call) arrived") { data.contains($0) && $0 != position ? .lost : .kept })
                guard case .write(_, let bytes, _) = call.kind else { continue }
                try visit(state("zeros instead of \(call)") { $0 == position ? .zeroed : .kept })
                let sectors = (bytes.count - 1) / Self.sector
                guard sectors > 0 else { continue }
                let cut = Self.sector * (1 + random.index(below: sectors))
                try visit(state("\(call) torn at byte \(cut)") { $0 == position ? .cutTo(cut) : .kept })
                try visit(
                    state("\(call) without its first \(cut) bytes") { $0 == position ? .missing(first: cut) : .kept })
            }
        }
    }

    /// A disk writes this much whole, or not at all.
    private static let sector = 512

    private func place(_ count: Int) -> String {
        count == calls.count ? "after it returned" : "at call \(count + 1) of \(calls.count), \(calls[count])"
    }

    private func pick(_ most: Int, of positions: [Int], using random: inout SeededRandom) -> [Int] {
        guard most > 2 else { return [] }
        guard positions.count > most else { return positions }
        // The last ones always: they are the commit record, mostly.
        return Array(positions.dropLast(2).shuffled(using: &random).prefix(most - 2)) + positions.suffix(2)
    }

    /// Whether a sync that returned before the call at `count` covers the call at `position`.
    private func isDurable(_ position: Int, at count: Int) -> Bool {
        let call = calls[position]
        guard position < count else { return false }
        if case .write(_, _, isDurable: true) = call.kind { return true }
        guard call.changesData || call.changesNames else { return true }
        var open = Set(call.changesNames ? call.directories : [])
        for later in calls[(position + 1)..<max(position + 1, count)] {
            switch later.kind {
            case .syncAll: return true
            // What it was to cover is forgotten: later syncs have nothing to write.
            case .failed(.sync) where call.changesData && later.file == call.file: return false
            case .sync where call.changesData && later.file == call.file: return true
            case .syncDirectory where call.changesNames:
                open.remove(later.path)
                if open.isEmpty { return true }
            default: break
            }
        }
        return false
    }

    private func replay(_ count: Int, _ fate: (Int) -> CrashedDisk.Fate) -> DirectoryImage {
        var disk = CrashedDisk(before, inodes: inodes)
        for position in 0..<count { disk.replay(calls[position], fate(position)) }
        return disk.image
    }

    // MARK: A next process

    /// Some calls, drawn, in the middle of which the process is killed, so that the system knows what is not on disk.
    func kills(most: Int, using random: inout SeededRandom) -> [Int] {
        pick(most, of: calls.indices.filter { calls[$0].changesData || calls[$0].changesNames }, using: &random)
    }

    /// The work as a kill in the middle of the call at `position` leaves it: done in memory, and not waited for.
    func cutOff(at position: Int) -> CrashStates {
        var cut = Array(calls[...position])
        if case .write(let offset, let bytes, isDurable: true) = cut[position].kind {
            cut[position].kind = .write(offset: offset, bytes: bytes, isDurable: false)
        }
        return CrashStates(before: before, inodes: inodes, calls: cut)
    }

    /// The work of two processes, the second of which began where the first one's calls end.
    /// - Parameter numbers: by path, the inodes that the files of the first had for the second.
    func followed(by later: [FileCall], numbers: [String: UInt64]) -> CrashStates {
        var disk = CrashedDisk(before, inodes: inodes)
        for call in calls { disk.replay(call, .kept) }
        var known: [UInt64: UInt64] = [:]
        for (path, inode) in disk.inodes {
            if let number = numbers[path] { known[number] = inode }
        }
        let translated = later.map { call in
            var call = call
            // Others are new files, whose numbers must not be those of older ones.
            if call.file != 0 { call.file = known[call.file] ?? call.file | 1 << 63 }
            return call
        }
        return CrashStates(before: before, inodes: inodes, calls: calls + translated)
    }
}
