import ArgumentParser
import RaftClient
import RaftCore
import RaftMembership

/// `raftctl bootstrap`
struct BootstrapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap", abstract: "Forms a cluster from exactly these members; prints its identity.",
        discussion: "Every member must run and have belonged to no cluster. The member of the lowest id does the work.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A member and where its peers reach it, such as 1=unix:/run/raftd/1.sock. Once for each.",
            valueName: "id=address"))
    var member: [MemberArgument]

    func validate() throws {
        guard !member.isEmpty else { throw ValidationError("name every member with --member ID=ADDRESS") }
        for (position, one) in member.enumerated() where member[..<position].contains(where: { $0.id == one.id }) {
            throw ValidationError("member \(one.id) is named twice")
        }
    }

    func run() async throws {
        let endpoints = try global.endpoints()
        let lowest = member.map(\.id).min() ?? 0
        var target = endpoints
        var isLowest = false
        if !global.noFollow {
            let report = try await Survey(global).persistentReport(
                on: endpoints, timeout: global.timeout.duration, findsLeader: false)
            for row in report.rows {
                guard case .success(let status) = row.result, status.member.id == lowest else { continue }
                target = [row.address]
                isLowest = true
            }
        }
        let client = try global.client(for: target)
        let members = Dictionary(uniqueKeysWithValues: member.map { ($0.id, [$0.address]) })
        let cluster: ClusterID
        do {
            cluster = try await asking(isChange: true) { () async throws(RaftClientError) in
                try await client.bootstrap(members)
            }
        } catch {
            let advice = "node \(lowest) forms the cluster: give its client address with --endpoint"
            throw isLowest || error.status == .refused
                ? error : Failure(error.status, "\(error.message) (\(advice))")
        }
        await client.close()
        switch global.output {
        case .text: try StandardOutput.write("\(cluster)\n")
        case .json: try StandardOutput.write(JSON.object([("cluster", .string("\(cluster)"))]).text + "\n")
        }
    }
}
