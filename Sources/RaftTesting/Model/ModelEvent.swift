import RaftCore

/// Something that may happen next.
enum ModelEvent: Sendable {
    case deliver(UInt32, at: ModelMoment)
    /// The message stays, to be delivered again.
    case duplicate(UInt32, at: ModelMoment)
    case lose(UInt32)
    /// A copy of it, as a newer release would send it: with entries of a kind that is unknown here.
    case deliverUnknownKind(UInt32)
    /// A copy of it without entries, as another leader might send it.
    case deliverWithoutEntries(UInt32)
    /// A copy of it, as an earlier life of its sender would send it.
    case deliverFromEarlierLife(UInt32)
    case complete(server: Int, position: Int)
    case deadline(server: Int, ModelMoment)
    case propose(server: Int)
    case read(server: Int)
    case crash(server: Int, durable: Int)
    /// The root's change of this number is asked for.
    case change(server: Int, number: Int)
    case transfer(server: Int, to: Int)
    case snapshot(server: Int)
    case errand(server: Int, ModelErrand, at: ModelMoment)
    /// A crash, after which the disk lacks its last entry.
    case forget(server: Int)
}

extension ModelEvent {
    /// For a counterexample.
    func describe(_ tables: ModelTables, _ state: ModelState) -> String {
        func message(_ number: UInt32) -> (to: Int, text: String) {
            let message = tables.messages[Int(number)]
            return (message.to + 1, "\(message)")
        }
        func late(_ moment: ModelMoment) -> String { moment == .late ? ", after a long silence" : "" }
        switch self {
        case .deliver(let number, let moment):
            let (to, text) = message(number)
            return "server \(to) receives \(text)\(late(moment))"
        case .duplicate(let number, let moment):
            let (to, text) = message(number)
            return "server \(to) receives \(text), which stays under way\(late(moment))"
        case .lose(let number):
            let (to, text) = message(number)
            return "lost on the way to server \(to): \(text)"
        case .deliverUnknownKind(let number):
            let (to, text) = message(number)
            return "server \(to) receives \(text), with entries of an unknown kind"
        case .deliverWithoutEntries(let number):
            let (to, text) = message(number)
            return "server \(to) receives \(text), without the entries"
        case .deliverFromEarlierLife(let number):
            let (to, text) = message(number)
            return "server \(to) receives \(text), from an earlier life of the sender"
        case .forget(let server): return "server \(server + 1) crashes, and its disk loses its last entry"
        case .complete(let server, let position):
            let which = position == 0 ? "its oldest write" : "write \(position + 1) of those under way"
            return "server \(server + 1) is told that \(which) is durable"
        case .deadline(let server, let moment):
            let what =
                switch moment {
                case .election: "the election timeout of server \(server + 1) passes"
                case .heartbeat: "server \(server + 1) is due to send heartbeats"
                case .probe: "server \(server + 1) is due to send heartbeats, and to probe again"
                case .silence: "server \(server + 1) has heard from no quorum"
                case .transfer: "server \(server + 1) has waited long enough for its successor"
                case .commitNotice: "server \(server + 1) tells idle peers of its commit index"
                default: "server \(server + 1) has waited long enough for proposals of a lost leadership"
                }
            return what
        case .propose(let server): return "a command is proposed to server \(server + 1)"
        case .change(let server, let number):
            return "change \(number + 1) of the membership is asked of server \(server + 1)"
        case .transfer(let server, let target):
            return "server \(server + 1) is asked to hand over to server \(target + 1)"
        case .snapshot(let server): return "server \(server + 1) is asked for a snapshot, and to cut its log behind it"
        case .errand(let server, let errand, let moment):
            let what =
                switch errand {
                case .build: "has written the body of its snapshot"
                case .receive: "has written the body of the leader's snapshot"
                case .restore: "has the state of its snapshot in its machine"
                }
            return "server \(server + 1) \(what)\(late(moment))"
        case .read(let server): return "a read is requested of server \(server + 1)"
        case .crash(let server, let durable):
            let writes = tables.servers[Int(state.servers[server])].writes.count
            let lost = writes == 0 ? "" : ", \(durable) of \(writes) writes under way durable"
            return "server \(server + 1) crashes and restarts\(lost)"
        }
    }
}
