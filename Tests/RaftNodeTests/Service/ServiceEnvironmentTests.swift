import RaftNode
import Testing

@Suite("What a service manager hands over")
struct ServiceEnvironmentTests {
    private let whole = [
        "NOTIFY_SOCKET": "/run/systemd/notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7", "LISTEN_PID": "7",
        "LISTEN_FDS": "2", "LISTEN_FDNAMES": "peer:client",
    ]

    @Test("is read from the environment")
    func reading() {
        let environment = ServiceEnvironment(variables: whole, process: 7)
        #expect(environment.notifySocket == "/run/systemd/notify")
        #expect(environment.watchdogInterval == 30_000_000_000)
        #expect(environment.sockets == [.init(descriptor: 3, name: "peer"), .init(descriptor: 4, name: "client")])
    }

    @Test("and meant for another process, does not count")
    func another() {
        let environment = ServiceEnvironment(variables: whole, process: 8)
        #expect(environment.watchdogInterval == nil && environment.sockets.isEmpty)
    }

    @Test(
        "and makes no sense, does not count",
        arguments: [
            [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "soon"], ["NOTIFY_SOCKET": ""],
            ["LISTEN_PID": "7", "LISTEN_FDS": "-1"], ["LISTEN_PID": "7", "LISTEN_FDS": "99999999999"],
            ["LISTEN_FDS": "1"], ["WATCHDOG_PID": "7"],
        ])
    func nonsense(_ variables: [String: String]) {
        #expect(ServiceEnvironment(variables: variables, process: 7) == ServiceEnvironment())
    }

    @Test("may have fewer names than sockets")
    func names() {
        let variables = ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "peer"]
        #expect(ServiceEnvironment(variables: variables, process: 7).sockets.map(\.name) == ["peer", ""])
    }
}
