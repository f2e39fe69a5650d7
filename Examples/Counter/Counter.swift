import RaftCore
import RaftStorageLMDB
import RaftTransportUnix

struct Counter: StateMachine, Codable {  // plain value, synchronous, no Raft in sight
    private(set) var total = 0
    mutating func apply(_ command: Int) -> Int {
        total += command
        return total
    }
}

let raft = try await Raft.start(
    Counter(), as: 1,
    storage: .lmdb(at: "counter/1"),
    transport: .unix(listeningOn: "unix:counter/1.sock"))

try await raft.bootstrap([1: "unix:counter/1.sock"])  // or [1: …, 2: …, 3: …], on each of them
try await raft.waitForLeader()
let total = try await raft.propose(5)  // committed and applied, or an error that says what became of it
let seen = try await raft.read { $0.total }  // linearizable
print("proposed 5: total \(total), read back \(seen)")
await raft.shutdown()
