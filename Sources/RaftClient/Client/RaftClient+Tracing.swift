import RaftCore
public import RaftTracing

// A node's own workings: what its trace sink gets, and what its flight recorder holds. Asked of exactly the node that the
// first endpoint leads to.
extension RaftClient {
    /// The levels of a node's trace records.
    public func traceLevels() async throws(RaftClientError) -> TraceLevels {
        try await perform(.traceLevels) { $0.traceLevels }
    }

    /// Changes what a node's trace sink gets from now on, until the node ends.
    /// - Parameter module: such as `transport`; nil for all.
    /// - Throws: also `RaftClientError` code `refused` when the node has no such module.
    public func setTraceLevel(_ level: TraceLevel, of module: String? = nil) async throws(RaftClientError)
        -> TraceLevels
    {
        try await perform(.setTraceLevel(level, of: module)) { $0.traceLevels }
    }

    /// What a node's flight recorder holds, as bytes of a `FlightRecording`: what is recorded meanwhile is in it too, so far as
    /// it does not push out what was not read yet.
    /// - Throws: also `RaftClientError` code `notSupported` when the node has no recorder.
    public func recording() async throws(RaftClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        var next: UInt64? = 1
        while let first = next {
            let part: RecordingPart = try await perform(.recording(from: first)) { $0.recording }
            // The header is the same each time.
            bytes += bytes.isEmpty ? part.bytes : Array(part.bytes.dropFirst(FlightRecording.headerSize))
            // A node that records faster than it is read would keep this going for ever.
            next = bytes.count < 1 << 28 ? part.next.flatMap { $0 > first ? $0 : nil } : nil
        }
        return bytes
    }
}
