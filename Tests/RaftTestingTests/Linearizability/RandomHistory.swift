import RaftTesting

/// Small histories that are as often linearizable as not.
enum RandomHistory {
    /// `count` operations on one key, with two values and absence, times that tie often, and outcomes that are unknown.
    static func operations(_ count: Int, values: Int = 2, _ random: inout SeededRandom) -> [HistoryOperation] {
        (0..<count).map { process in
            let invoked = random.next(in: 0...8)
            let returned = random.chance(200) ? nil : invoked + random.next(in: 0...5)
            let action: HistoryOperation.Action =
                switch random.index(below: 3) {
                case 0: .read(value(values, &random))
                case 1: .write(value(values, &random))
                default:
                    .compareAndSet(
                        expected: value(values, &random), new: value(values, &random), succeeded: random.chance(500))
                }
            return HistoryOperation(process: process, key: "x", action: action, invoked: invoked, returned: returned)
        }
    }

    private static func value(_ count: Int, _ random: inout SeededRandom) -> String? {
        let number = random.index(below: count + 1)
        return number == 0 ? nil : "\(number)"
    }
}
