import RaftNode
import Testing

@testable import RaftNode

@Suite("Answers that nobody reads")
struct UnreadAnswersTests {
    @Test("One connection that reads nothing uses up its own room, all together use up the node's")
    func bounds() {
        let all = UnreadAnswers(limit: 10)
        let first = UnreadAnswers(limit: 4, all: all)
        let second = UnreadAnswers(limit: 100, all: all)
        first.add(4)
        #expect(!first.hasRoom && second.hasRoom)
        second.add(6)
        #expect(!second.hasRoom)
        first.remove(4)
        #expect(first.hasRoom && second.hasRoom)
    }
}
