import RaftCore

/// A server's last frame: why it closes.
package struct Goodbye: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Reason: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The bytes are none of this protocol.
        package static let format = Reason(rawValue: 1)
        /// Another version of it.
        package static let version = Reason(rawValue: 2)
        /// A frame is larger than allowed.
        package static let tooLong = Reason(rawValue: 3)
        /// No hello in time.
        package static let late = Reason(rawValue: 4)
        /// Too many connections, or answers that are not read.
        package static let overloaded = Reason(rawValue: 5)
        /// The node stops.
        package static let stopping = Reason(rawValue: 6)
    }

    package var reason: Reason
    /// One line.
    package var message: String
    package var description: String { message }

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.write(reason.rawValue)
        // So that it fits what a handshake may take.
        writer.writeString(String(message.prefix(500)))
        return writer.bytes
    }

    static func decode(_ reader: inout ByteReader) throws(WireError) -> Goodbye {
        let goodbye = Goodbye(Reason(rawValue: try reader.read()), try reader.readString())
        try reader.finish()
        return goodbye
    }
}
