import ArgumentParser
import RaftClient
import RaftCore
import RaftMembership

/// What the commands that change the membership have in common.
enum MemberChange {
    static let standardTimeout = Duration.seconds(60)

    /// Has the leader carry it out, and prints the membership that came of it.
    /// - Parameter expected: refused unless the membership is still that of this entry.
    static func make(
        _ changes: [MembershipChange], ifMembershipIs expected: LogID?, _ global: GlobalOptions
    ) async throws {
        let client = try global.client(standardTimeout: standardTimeout)
        let membership = try await asking(isChange: true) { () async throws(RaftClientError) in
            try await client.change(changes, ifMembershipIs: expected)
        }
        await client.close()
        switch global.output {
        case .text: try StandardOutput.write(table(membership))
        case .json:
            let members = membership.members.map { record in
                JSON.object([
                    ("id", .number(record.member.id.rawValue)), ("role", .string(role(record, membership))),
                    ("address", .string(record.addresses.first ?? "")),
                ])
            }
            try StandardOutput.write(JSON.object([("members", .array(members))]).text + "\n")
        }
    }

    private static func role(_ record: Membership.Record, _ membership: Membership) -> String {
        membership.kind(of: record.member.id)?.rawValue ?? "-"
    }

    private static func table(_ membership: Membership) -> String {
        var table = TextTable("ID", "ROLE", "ADDRESS")
        for record in membership.members {
            table.add(["\(record.member.id)", role(record, membership), record.addresses.joined(separator: ",")])
        }
        return table.text
    }
}

/// A node's number.
struct NodeArgument: ExpressibleByArgument {
    let id: NodeID

    init?(argument: String) {
        guard let id = UInt64(argument), id > 0, id < wireBound else { return nil }
        self.id = NodeID(id)
    }
}

/// A member to be: `4`, or with its address when it is new, `4=unix:/run/raftd/4.sock`.
struct VoterArgument: ExpressibleByArgument {
    let id: NodeID
    /// Nil for who is a member already.
    let address: String?

    init?(argument: String) {
        if let member = MemberArgument(argument: argument) {
            id = member.id
            address = member.address
        } else if let node = NodeArgument(argument: argument) {
            id = node.id
            address = nil
        } else {
            return nil
        }
    }
}

/// `raftctl member add`
struct MemberAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds a node, which must run and belong to nothing.",
        discussion: "As a voter unless told otherwise: it learns first and votes once it has caught up.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var expectation: ExpectationOptions

    @Argument(help: ArgumentHelp("The node and where its peers reach it.", valueName: "id=address"))
    var member: MemberArgument

    @Flag(name: .long, help: "It holds the log and does not vote.")
    var learner = false

    @Flag(name: .long, help: "It votes and holds no log.")
    var witness = false

    func validate() throws {
        guard !(learner && witness) else { throw ValidationError("a node is a learner or a witness, not both") }
    }

    func run() async throws {
        let kind: MemberKind = learner ? .learner : witness ? .witness : .voter
        try await MemberChange.make(
            [.add(member.id, addresses: [member.address], as: kind)], ifMembershipIs: expectation.id, global)
    }
}

/// `raftctl member promote`
struct MemberPromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Lets a learner vote, once it has caught up.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var expectation: ExpectationOptions
    @Argument(help: "The learner.") var id: NodeArgument

    func run() async throws { try await MemberChange.make([.promote(id.id)], ifMembershipIs: expectation.id, global) }
}

/// `raftctl member demote`
struct MemberDemoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demote", abstract: "Makes a learner of a voter.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var expectation: ExpectationOptions
    @Argument(help: "The voter.") var id: NodeArgument

    func run() async throws { try await MemberChange.make([.demote(id.id)], ifMembershipIs: expectation.id, global) }
}

/// `raftctl member remove`
struct MemberRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes a member.",
        discussion: "It may be down. A leader that is removed hands over first. Stop the node afterwards.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var expectation: ExpectationOptions
    @Argument(help: "The member.") var id: NodeArgument

    func run() async throws { try await MemberChange.make([.remove(id.id)], ifMembershipIs: expectation.id, global) }
}

/// `raftctl member change`
struct MemberChangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change", abstract: "Has exactly these nodes vote, in one change.",
        discussion: """
            Voters that are not named leave; learners stay. A node that does not belong yet is named with its address, and \
            catches up before anything else changes. What is asked for depends on who votes now, so the change is refused when \
            another one comes between: without --expect, from when the command begins.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var expectation: ExpectationOptions

    @Argument(help: ArgumentHelp("The voters to be.", valueName: "id[=address]"))
    var voters: [VoterArgument]

    func run() async throws {
        let newcomers = voters.compactMap { voter in
            voter.address.map { MembershipChange.add(voter.id, addresses: [$0]) }
        }
        let expected: LogID? = if let id = expectation.id { id } else { try await Expectation.present(global) }
        try await MemberChange.make(
            newcomers + [.setVoters(voters.map(\.id))], ifMembershipIs: expected, global)
    }
}

/// `raftctl member address`
struct MemberAddressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "address", abstract: "Changes where peers reach a member; its role stays.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var expectation: ExpectationOptions

    @Argument(help: ArgumentHelp("The member and its new address.", valueName: "id=address"))
    var member: MemberArgument

    func run() async throws {
        try await MemberChange.make(
            [.setAddresses(member.id, [member.address])], ifMembershipIs: expectation.id, global)
    }
}

/// `raftctl transfer-leader`
struct TransferLeaderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer-leader", abstract: "Hands leadership to a voter; prints who leads then.",
        discussion: "Without an id the voter that has most of the log is chosen. On failure the present leader goes on."
    )

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The voter that is to lead.") var id: NodeArgument?

    func run() async throws {
        let client = try global.client()
        let target = id?.id
        let leader = try await asking(isChange: true) { () async throws(RaftClientError) in
            try await client.transferLeadership(to: target)
        }
        await client.close()
        switch global.output {
        case .text: try StandardOutput.write("\(leader)\n")
        case .json: try StandardOutput.write(JSON.object([("leader", .number(leader.rawValue))]).text + "\n")
        }
    }
}
