import RaftCore
import RaftMembership

extension StateMachineTrial {
    mutating func refusals() throws {
        for _ in 0..<suite.options.runs {
            var one = suite.make()
            for command in commands() { _ = try apply(command, to: &one) }
        }
    }

    mutating func equalOutputs() throws {
        for _ in 0..<suite.options.runs {
            // All built apart, commands too, and one after the other: neither chance nor the time nor what went before
            // may show.
            let start = random
            var first = suite.make()
            let outcomes = try commands().map { try apply($0, to: &first) }
            for copy in 0..<2 {
                random = start
                var other = suite.make()
                for (position, command) in commands().enumerated() {
                    let outcome = try apply(command, to: &other)
                    guard areEqual(outcome, outcomes[position]) else {
                        throw failure(
                            "command \(position), \(command), gave \(outcomes[position]) once and \(outcome) on copy \(copy + 1)"
                        )
                    }
                }
            }
        }
    }

    mutating func equalStates() throws {
        for _ in 0..<suite.options.runs {
            let start = random
            let one = try machine(after: commands())
            for _ in 0..<2 {
                random = start
                if let difference = suite.difference(one, try machine(after: commands())) {
                    throw failure("after the same commands, two machines differ: \(difference)")
                }
            }
        }
    }

    mutating func throughTheLog() throws {
        for _ in 0..<suite.options.runs {
            var direct = suite.make()
            var logged = suite.make()
            for command in commands() {
                guard let bytes = try? Machine.encode(command) else { continue }
                let decoded = try bytes.withUnsafeBytes { try Machine.decode($0) }
                let (one, other) = (try apply(command, to: &direct), try apply(decoded, to: &logged))
                guard areEqual(one, other) else {
                    throw failure("\(command) gave \(one), and \(other) after it went through the log")
                }
            }
            if let difference = suite.difference(direct, logged) {
                throw failure("a machine whose commands went through the log differs: \(difference)")
            }
        }
    }

    mutating func refusedChangesNothing() throws {
        for _ in 0..<suite.options.runs {
            var machine = suite.make()
            // The same, without the refused commands.
            var other = suite.make()
            for command in commands() {
                guard case .failure = try apply(command, to: &machine) else {
                    _ = try apply(command, to: &other)
                    continue
                }
                if let difference = suite.difference(machine, other) {
                    throw failure("\(command) was refused and changed something: \(difference)")
                }
            }
        }
    }

    mutating func copiesStay() throws {
        for _ in 0..<suite.options.runs {
            let commands = commands()
            let half = commands.count / 2
            var machine = try machine(after: commands[..<half])
            let view = machine
            for command in commands[half...] { _ = try apply(command, to: &machine) }
            if let difference = suite.difference(view, try self.machine(after: commands[..<half])) {
                throw failure("a copy changed when the machine it was taken of went on: \(difference)")
            }
        }
    }

    mutating func originalsStay() throws {
        for _ in 0..<suite.options.runs {
            let commands = commands()
            let half = commands.count / 2
            let machine = try machine(after: commands[..<half])
            var copy = machine
            for command in commands[half...] { _ = try apply(command, to: &copy) }
            if let difference = suite.difference(machine, try self.machine(after: commands[..<half])) {
                throw failure("a machine changed when a copy of it went on: \(difference)")
            }
        }
    }

    mutating func skipping() throws {
        for _ in 0..<suite.options.runs {
            var plain = suite.make()
            var skipped = suite.make()
            for (position, command) in commands().enumerated() {
                if random.chance(400) { skipped.skip(to: LogIndex(UInt64(position * 2 + 1))) }
                let (one, other) = (try apply(command, to: &plain), try apply(command, to: &skipped))
                guard areEqual(one, other) else {
                    throw failure("\(command) gave \(one), and \(other) after indices without commands")
                }
            }
            if let difference = suite.difference(plain, skipped) {
                throw failure("indices without commands changed something: \(difference)")
            }
        }
    }

    mutating func answers() throws {
        guard let queries = suite.queries else { return }
        var asked = suite.make()
        var silent = suite.make()
        for (position, command) in commands().enumerated() {
            let (one, other) = (try apply(command, to: &asked), try apply(command, to: &silent))
            guard areEqual(one, other) else {
                throw failure("\(command) gave \(one), and \(other) where nothing was asked before")
            }
            guard position % 10 == 0 else { continue }
            for query in queries.queries {
                guard queries.answer(asked, query) == queries.answer(asked, query) else {
                    throw failure("the same query had another answer a second time, after \(position + 1) commands")
                }
            }
        }
    }

    /// Nothing is compared that the other checks do not compare: a sanitizer, or a crash, tells.
    mutating func readersBeside() throws {
        let commands = commands()
        let half = commands.count / 2
        var machine = try machine(after: commands[..<half])
        let view = machine
        let wanted = try self.machine(after: commands[..<half])
        let difference = suite.difference
        let found = ReaderFinding()
        let reader = CheckThread {
            for _ in 0..<3 {
                if let problem = difference(view, wanted) { found.set(problem) }
            }
        }
        for command in commands[half...] { _ = try apply(command, to: &machine) }
        reader.join()
        if let problem = found.text {
            throw failure("a copy that another thread read changed when the machine went on: \(problem)")
        }
    }
}
