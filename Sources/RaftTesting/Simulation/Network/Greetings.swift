/// Who has greeted whom: messages count only where both ends have, each in its present life (rules N1, M10).
struct Greetings {
    private let nodes: Int
    /// By pairs: the life of the first that has greeted the second; 0 for none.
    private var lives: [Int]

    init(nodes: Int) {
        self.nodes = nodes
        lives = [Int](repeating: 0, count: nodes * nodes)
    }

    func isConnected(_ node: SimulatedNode, _ life: SimulatedLife, to other: Int) -> Bool {
        lives[node.index * nodes + other] == life.number
    }

    mutating func set(_ one: SimulatedLife, _ two: SimulatedLife, isConnected: Bool) {
        lives[one.node.index * nodes + two.node.index] = isConnected ? one.number : 0
        lives[two.node.index * nodes + one.node.index] = isConnected ? two.number : 0
    }
}
