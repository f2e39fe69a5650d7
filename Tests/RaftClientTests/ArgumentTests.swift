import ArgumentParser
import RaftCore
import RaftMembership
import Testing

@testable import raftctl

@Suite("raftctl reads its arguments as its interface says")
struct ArgumentTests {
    private func get(_ arguments: String...) throws -> GetCommand {
        try #require(try Raftctl.parseAsRoot(arguments) as? GetCommand)
    }

    @Test("Global options count before the command's name and after it")
    func globalOptions() throws {
        let before = try get("--endpoint", "unix:/a", "--timeout", "2s", "--no-follow", "--output", "json", "get", "k")
        let after = try get("get", "k", "--endpoint", "unix:/a", "--timeout", "2s", "--no-follow", "--output", "json")
        for command in [before, after] {
            #expect(try command.global.endpoints() == [try RaftAddress("unix:/a")])
            #expect(command.global.timeout.duration == .seconds(2))
            #expect(command.global.noFollow)
            #expect(command.global.output == .json)
            #expect(command.key == "k")
        }
        let both = try get("--endpoint", "unix:/a", "get", "--endpoint=unix:/b", "k")
        #expect(try both.global.endpoints().count == 2)
        let nested = try Raftctl.parseAsRoot(["--no-follow", "member", "list", "--endpoint", "unix:/a"])
        let list = try #require(nested as? MemberListCommand)
        #expect(list.global.noFollow && list.global.endpoint == ["unix:/a"])
    }

    @Test("A dash stands for standard input, and what follows two dashes is taken as it is")
    func values() throws {
        let dash = try #require(try Raftctl.parseAsRoot(["put", "k", "-"]) as? PutCommand)
        #expect(dash.value == "-")
        let negative = try #require(try Raftctl.parseAsRoot(["put", "k", "--", "-5"]) as? PutCommand)
        #expect(negative.value == "-5")
        let empty = try #require(try Raftctl.parseAsRoot(["put", "k", ""]) as? PutCommand)
        #expect(empty.value == "")
    }

    @Test(
        "What cannot be meant is a usage error",
        arguments: [
            ["frob"], ["put", "k"], ["get"], ["get", "k", "--consistency", "fresh"], ["get", "k", "--timeout", "0s"],
            ["get", "k", "--at-most", "1s"], ["get", "k", "--consistency", "lease", "--at-most", "1s"],
            ["get", "k", "--consistency", "stale", "--at-most", "0s"], ["list", "--at-most", "1s"],
            ["get", "k", "--output", "xml"], ["bootstrap"], ["bootstrap", "--member", "1=nowhere"],
            ["bootstrap", "--member", "1=unix:/a", "--member", "1=unix:/b"], ["cas", "k", "-", "-"],
            ["put", "k", "v", "w"], ["member", "remove", "3", "--expect", "9"], ["member", "list", "--expect", "9@2"],
        ])
    func usage(_ arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Raftctl.parseAsRoot(arguments) }
        if let error { #expect(Raftctl.exitCode(for: error).rawValue == 64) }
    }

    @Test("Every command that changes the membership takes the entry that it was decided upon")
    func expectation() throws {
        func id(_ arguments: String...) throws -> LogID? {
            switch try Raftctl.parseAsRoot(["member"] + arguments) {
            case let command as MemberAddCommand: command.expectation.id
            case let command as MemberPromoteCommand: command.expectation.id
            case let command as MemberDemoteCommand: command.expectation.id
            case let command as MemberRemoveCommand: command.expectation.id
            case let command as MemberChangeCommand: command.expectation.id
            case let command as MemberAddressCommand: command.expectation.id
            default: nil
            }
        }
        let entry = LogID(term: 2, index: 9)
        #expect(try id("add", "4=unix:/d", "--learner", "--expect", "9@2") == entry)
        for verb in ["promote", "demote", "remove"] { #expect(try id(verb, "--expect", "9@2", "3") == entry) }
        #expect(try id("change", "1", "2", "--expect=9@2") == entry)
        #expect(try id("address", "3=unix:/e", "--expect", "9@2") == entry)
        #expect(try id("remove", "3") == nil)
    }

    @Test("An endpoint that is no address is a usage error with one line")
    func endpoint() throws {
        let command = try get("get", "k", "--endpoint", "nowhere")
        let failure = #expect(throws: Failure.self) { try command.global.endpoints() }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("nowhere") == true)
    }
}
