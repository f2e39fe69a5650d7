/// A part of what a node's flight recorder holds.
///
/// Encoded as the number to go on with (8; 0 when nothing is left), and a recording (`FlightRecording`) of that part.
public struct RecordingPart: Hashable, Sendable {
    public var next: UInt64?
    public var bytes: [UInt8]

    public init(next: UInt64?, bytes: [UInt8]) {
        self.next = next
        self.bytes = bytes
    }
}
