import Testing

/// Everything that starts `raftd`: one after the other, for each wants the machine for itself.
@Suite("Real processes", .serialized)
enum RealProcesses {}
