import RaftCore

/// A client's first frame.
package struct ClientHello: Hashable, Sendable {
    /// What the length of a frame to this client may say at most.
    package var maximumFrameLength: Int

    package init(maximumFrameLength: Int) { self.maximumFrameLength = maximumFrameLength }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 16)
        writer.write(ClientProtocol.magic)
        writer.write(ClientProtocol.version)
        writer.write(UInt32(clamping: maximumFrameLength))
        return writer.bytes
    }

    /// - Throws: `Goodbye` when it is no client of this protocol; `WireError` for bytes that do not add up.
    static func decode(_ reader: inout ByteReader) throws -> ClientHello {
        try checkMagic(&reader)
        let hello = ClientHello(maximumFrameLength: Int(try reader.read(UInt32.self)))
        guard hello.maximumFrameLength >= ClientProtocol.maximumHandshakeLength else {
            let least = ClientProtocol.maximumHandshakeLength
            throw Goodbye(.format, "a client must take frames of \(least) bytes at least")
        }
        try reader.finish()
        return hello
    }

    /// Both hellos begin alike.
    static func checkMagic(_ reader: inout ByteReader) throws {
        guard reader.remaining >= 4, try reader.readRaw(4).elementsEqual(ClientProtocol.magic) else {
            throw Goodbye(.format, "the greeting does not begin with SRFC")
        }
        let version: UInt16 = try reader.read()
        guard version == ClientProtocol.version else {
            let ours = ClientProtocol.version
            throw Goodbye(.version, "one side speaks version \(version) of the client protocol, the other \(ours)")
        }
    }
}
