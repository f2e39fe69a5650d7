public import Synchronization

/// One module's levels, which all tracers of that module look at.
@usableFromInline
final class TracerScope: Sendable {
    /// A level that no event reaches.
    static let off = UInt8.max

    let module: String
    /// The raw value of the lowest level that anything takes: the sink, or the flight recorder, which takes all.
    @usableFromInline let gate: Atomic<UInt8>
    /// The raw value of the lowest level that the sink gets.
    let level: Atomic<UInt8>
    private let isRecorded: Bool

    init(module: String, level: UInt8, isRecorded: Bool) {
        self.module = module
        self.isRecorded = isRecorded
        self.level = Atomic(level)
        gate = Atomic(isRecorded ? TraceLevel.trace.rawValue : level)
    }

    func setLevel(_ level: TraceLevel) {
        self.level.store(level.rawValue, ordering: .relaxed)
        if !isRecorded { gate.store(level.rawValue, ordering: .relaxed) }
    }
}
