internal import Glibc

/// Why there is no flight recorder. One line.
public struct FlightRecorderError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ what: String, _ code: CInt) {
        description = "the flight recorder cannot \(what): \(String(cString: strerror(code)))"
    }
}
