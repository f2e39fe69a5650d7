import RaftCore

extension StateMachineTrial {
    mutating func equalViews() throws {
        for _ in 0..<suite.options.runs {
            // Built apart, as in `equalOutputs`.
            let start = random
            let first = try view(of: try machine(after: loggedCommands()))
            let bytes = try first.bytes()
            guard try first.bytes() == bytes else { throw failure("a view wrote other bytes a second time") }
            for _ in 0..<2 {
                random = start
                let other = try view(of: try machine(after: loggedCommands())).bytes()
                guard other == bytes else {
                    throw failure("after the same commands, the views of two machines differ \(place(other, bytes))")
                }
            }
        }
    }

    mutating func viewsStay() throws {
        for _ in 0..<suite.options.runs {
            let commands = loggedCommands()
            let half = commands.count / 2
            var machine = try machine(after: commands[..<half])
            // One is written before the machine goes on, one meanwhile, one afterwards.
            let bytes = try view(of: machine).bytes()
            let beside = try view(of: machine)
            let later = try view(of: machine)
            let found = ReaderFinding()
            let writer = CheckThread {
                do {
                    for _ in 0..<3 {
                        if try beside.bytes() != bytes { found.set("it wrote other bytes") }
                    }
                } catch {
                    found.set("\(error)")
                }
            }
            for command in commands[half...] { _ = try apply(command, to: &machine) }
            writer.join()
            if let problem = found.text {
                throw failure("a view was written on another thread while the machine went on: \(problem)")
            }
            let now = try later.bytes()
            guard now == bytes else {
                throw failure("a view changed when the machine it was taken of went on, \(place(now, bytes))")
            }
        }
    }

    mutating func restoring() throws {
        for run in 0..<suite.options.runs {
            let commands = loggedCommands()
            // The state before any command has a snapshot too.
            let cut = run == 0 ? 0 : random.index(below: commands.count + 1)
            let original = try machine(after: commands[..<cut])
            let body = try view(of: original).bytes()
            guard try view(of: original).bytes(pieceSize: 1) == body else {
                throw failure("a view wrote other bytes into a sink that gathers none")
            }
            let others = loggedCommands()
            for (target, pieces) in [("fresh", Int.max), ("fresh", 1), ("used", 7), ("used", 1)] {
                let before = target == "fresh" ? suite.make() : try machine(after: others)
                var restored = before
                let source = SnapshotSource(body, pieceSize: pieces)
                do {
                    try restored.restore(from: source)
                } catch {
                    throw failure("a \(target) machine cannot be restored: \(error)")
                }
                guard source.remaining == 0 else {
                    throw failure(
                        "a \(target) machine left \(source.remaining) bytes of a snapshot when it was restored")
                }
                try compare(restored, with: original, after: commands[cut...], "a \(target) machine")
                let untouched = target == "fresh" ? suite.make() : try machine(after: others)
                if let difference = suite.difference(before, untouched) {
                    throw failure("a machine changed when a copy of it was restored: \(difference)")
                }
            }
        }
    }

    /// A restored machine must be the original one at once, with every command that follows, and after them.
    private func compare(
        _ restored: Machine, with original: Machine, after commands: ArraySlice<Machine.Command>, _ target: String
    ) throws {
        var (restored, original) = (restored, original)
        func compareStates(_ when: String) throws {
            if let difference = suite.difference(original, restored) {
                throw failure("\(target) differs \(when): \(difference)")
            }
            let (one, other) = (try view(of: original).bytes(), try view(of: restored).bytes())
            guard one == other else { throw failure("the view of \(target) differs \(when), \(place(other, one))") }
        }
        try compareStates("when it was restored")
        for command in commands {
            let (one, other) = (try apply(command, to: &original), try apply(command, to: &restored))
            guard areEqual(one, other) else {
                throw failure("\(command) gave \(one), and \(other) on \(target) that was restored before")
            }
        }
        try compareStates("some commands after it was restored")
    }

    mutating func damagedViews() throws {
        let body = try view(of: try machine(after: loggedCommands())).bytes()
        for count in cuts(of: body) {
            guard case .failure = outcome(of: Array(body[..<count])) else {
                throw failure("a body of \(body.count) bytes was taken for whole when it was cut to \(count)")
            }
            var machine = suite.make()
            guard (try? machine.restore(from: SnapshotSource(body, failingAfter: count))) == nil else {
                throw failure("a machine was restored though its snapshot cannot be read from byte \(count) on")
            }
        }
        guard case .failure = outcome(of: body + [0]) else {
            throw failure("a byte after the end of a body was not noticed")
        }
        let trials = min(suite.options.decodings, max(64, (64 << 20) / max(1, body.count)))
        for _ in 0..<trials {
            let bytes = spoiled([body])
            let first = outcome(of: bytes)
            guard outcome(of: bytes, pieceSize: 1) == first else {
                throw failure("restoring from the same \(bytes.count) bytes had another outcome a second time")
            }
        }
    }

    /// Where a body is cut: everywhere, or in many places of one that is large.
    private mutating func cuts(of body: [UInt8]) -> [Int] {
        guard body.count > 512 else { return Array(body.indices) }
        let inside = (0..<128).map { _ in random.index(below: body.count) }
        return Array(0..<256) + inside + Array((body.count - 128)..<body.count)
    }

    /// What came of restoring: the body of the machine's own snapshot, or an error.
    private func outcome(of body: [UInt8], pieceSize: Int = .max) -> Result<[UInt8], ConformanceText> {
        do {
            var machine = suite.make()
            try machine.restore(from: SnapshotSource(body, pieceSize: pieceSize))
            return .success(try view(of: machine).bytes())
        } catch {
            return .failure(ConformanceText("\(error)"))
        }
    }

    private func view(of machine: Machine) throws -> any SnapshotView {
        guard let view = try machine.snapshot() else {
            throw failure("one machine has a snapshot, and another of its type has none")
        }
        return view
    }

    /// Commands that reach a log: those that can be encoded.
    private mutating func loggedCommands() -> [Machine.Command] {
        commands().filter { (try? Machine.encode($0)) != nil }
    }

    /// Where two bodies differ.
    private func place(_ one: [UInt8], _ other: [UInt8]) -> String {
        let same = zip(one, other).prefix { $0 == $1 }.count
        return "from byte \(same) of \(one.count) and \(other.count) on"
    }
}
