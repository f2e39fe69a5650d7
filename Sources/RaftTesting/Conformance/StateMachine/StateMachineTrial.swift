import RaftCore
import RaftMembership

/// One property of a machine being checked.
struct StateMachineTrial<Machine: StateMachine> {
    typealias Outcome = Result<Machine.Output, ConformanceText>

    let suite: StateMachineConformance<Machine>
    let property: ConformanceProperty
    var random: SeededRandom

    init(_ suite: StateMachineConformance<Machine>, _ property: ConformanceProperty) {
        self.suite = suite
        self.property = property
        random = SeededRandom(seed: suite.options.seed)
    }

    func failure(_ message: String) -> ConformanceFailure {
        let oneLine = message.split(separator: "\n").joined(separator: " ")
        return ConformanceFailure(property, oneLine, seed: suite.options.seed)
    }

    mutating func commands() -> [Machine.Command] {
        (0..<suite.options.commands).map { _ in suite.command(&random) }
    }

    /// Applies, and gives a refusal as a value.
    func apply(_ command: Machine.Command, to machine: inout Machine) throws -> Outcome {
        do {
            return .success(try machine.apply(command))
        } catch let refusal as CommandRefused {
            return .failure(ConformanceText(refusal.description))
        } catch {
            throw failure("\(command) threw what is not CommandRefused: \(error)")
        }
    }

    func areEqual(_ one: Outcome, _ other: Outcome) -> Bool {
        switch (one, other) {
        case (.success(let one), .success(let other)): suite.areEqual(one, other)
        case (.failure(let one), .failure(let other)): one == other
        default: false
        }
    }

    /// A machine that has applied `commands`.
    func machine(after commands: some Sequence<Machine.Command>) throws -> Machine {
        var machine = suite.make()
        for command in commands { _ = try apply(command, to: &machine) }
        return machine
    }
}
