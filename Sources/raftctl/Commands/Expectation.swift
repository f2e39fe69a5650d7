import RaftClient
import RaftCore
import RaftMembership

/// The membership that a change is made for, when the caller did not say: the present one.
enum Expectation {
    /// Where the leader's membership stands in the log; nil where it does not tell.
    /// - Throws: `Failure` when no leader is found in time; nothing was asked to change then.
    static func present(_ global: GlobalOptions) async throws -> LogID? {
        let endpoints = try global.endpoints()
        let asked = global.noFollow ? Array(endpoints.prefix(1)) : endpoints
        let timeout = global.givenTimeout?.duration ?? MemberChange.standardTimeout
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while true {
            let left = max(deadline - clock.now, .milliseconds(1))
            let report = try await Survey(global).persistentReport(
                on: asked, timeout: left, findsLeader: !global.noFollow)
            // The node named is asked whatever it is, and says itself that it does not lead.
            if let status = report.leader ?? (global.noFollow ? report.answers.first : nil) {
                return status.membershipID
            }
            let pause = Duration.milliseconds(100)
            guard clock.now + pause < deadline, (try? await clock.sleep(for: pause)) != nil else { break }
        }
        let list = asked.map { "\($0)" }.joined(separator: ", ")
        throw Failure(
            .unreachable, "no leader was found within \(timeout) at \(list): check the endpoints and the nodes")
    }
}
