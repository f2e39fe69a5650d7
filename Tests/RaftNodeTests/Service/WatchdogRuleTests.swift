import Testing

@testable import RaftNode

@Suite("A sign of life is given")
struct WatchdogRuleTests {
    @Test("only when every part has moved since the last one, not since the last look")
    func rule() {
        var rule = WatchdogRule()
        #expect(rule.look(at: .init()) == [], "a node that has just begun to serve lives")
        #expect(rule.look(at: .init(driver: 1)) == ["the storage thread", "the machine"])
        #expect(rule.look(at: .init(driver: 1, storage: 1)) == ["the machine"])
        #expect(rule.look(at: .init(driver: 1, storage: 1, machine: 9)) == [])
        #expect(rule.look(at: .init(driver: 1, storage: 2, machine: 10)) == ["the driver"])
    }
}
