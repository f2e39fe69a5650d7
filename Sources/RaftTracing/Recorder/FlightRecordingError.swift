/// Why bytes are no recording. One line.
public struct FlightRecordingError: Error, CustomStringConvertible, Sendable {
    public let description: String
}
