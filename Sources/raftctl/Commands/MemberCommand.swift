import ArgumentParser
import RaftClient
import RaftMembership

/// `raftctl member`
struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member", abstract: "Shows who belongs to the cluster, and changes it.",
        discussion: """
            Voters change by joint consensus, newcomers catch up first. What was begun when the outcome is unknown (exit \
            code 5), the cluster finishes by itself: look with `raftctl member list`.
            """,
        subcommands: [
            MemberListCommand.self, MemberAddCommand.self, MemberPromoteCommand.self, MemberDemoteCommand.self,
            MemberRemoveCommand.self, MemberChangeCommand.self, MemberAddressCommand.self,
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

/// `raftctl member list`
struct MemberListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Prints the members.",
        discussion: """
            As the leader knows them; where none is found, or with --no-follow, as the node asked knows them. The last line \
            says which entry the membership is of, for --expect of the commands that change it.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run() async throws {
        let endpoints = try global.endpoints()
        let asked = global.noFollow ? Array(endpoints.prefix(1)) : endpoints
        let report = try await Survey(global).persistentReport(
            on: asked, timeout: global.timeout.duration, findsLeader: !global.noFollow)
        guard let status = report.leader ?? report.answers.first else {
            let endpoints = asked.map { "\($0)" }.joined(separator: ", ")
            throw Failure(
                .unreachable,
                "no node answered within \(global.timeout) at \(endpoints): check the endpoints and the nodes")
        }
        switch global.output {
        case .text: try StandardOutput.write(Self.table(status))
        case .json:
            try StandardOutput.write(
                JSON.object([("members", .members(status)), ("membership", .membership(status))]).text + "\n")
        }
    }

    static func table(_ status: NodeStatus) -> String {
        var table = TextTable("ID", "ROLE", "MATCH", "STATE", "CONTACT", "ADDRESS")
        for record in status.membership.members {
            let id = record.member.id
            let peer = status.peers.first { $0.id == id }
            let isSelf = id == status.member.id
            table.add([
                "\(id)", JSON.role(of: record, status),
                isSelf ? "\(status.flushedIndex)" : peer.map { "\($0.matchIndex)" } ?? "-",
                isSelf ? "self" : peer?.state ?? "-",
                isSelf ? "-" : peer?.lastContactMilliseconds.map { "\($0)ms" } ?? "-",
                record.addresses.joined(separator: ","),
            ])
        }
        guard let id = status.membershipID else { return table.text }
        return table.text + "membership \(id)\(status.isMembershipCommitted ? "" : ", not committed yet")\n"
    }
}
