import RaftCore
import Testing

@Suite("Addresses are read and written")
struct AddressTests {
    @Test(
        "What is read is written the same way",
        arguments: [
            "unix:/run/raftd/1.sock", "unix:counter/1.sock", "unix:@raft-1", "tcp:127.0.0.1:7101", "tcp:[::1]:7101",
            "tcp:node-1.example.org:7101", "tcp:0.0.0.0:0", "tcp:[fe80::1%eth0]:65535",
            "unix:/" + String(repeating: "x", count: 106),
        ])
    func roundTrip(text: String) throws {
        #expect(try RaftAddress(text).description == text)
    }

    @Test(
        "What is wrong is said in one line",
        arguments: [
            ("/run/raftd/1.sock", "does not begin with unix: or tcp:"),
            ("", "does not begin with unix: or tcp:"),
            ("unix:", "names no path"),
            ("unix:@", "names no path"),
            ("unix:/" + String(repeating: "x", count: 107), "is 108 bytes long and the kernel allows 107"),
            ("tcp:127.0.0.1", "has no port: write tcp:HOST:PORT"),
            ("tcp:127.0.0.1:", "has no port from 0 to 65535"),
            ("tcp:127.0.0.1:65536", "has no port from 0 to 65535"),
            ("tcp:127.0.0.1:+1", "has no port from 0 to 65535"),
            ("tcp:localhost", "has no port"),
            ("tcp:::1:7101", "is ambiguous: write tcp:[IPV6-ADDRESS]:PORT"),
            ("tcp:[]:7101", "has no IPv6 address"),
            ("tcp:[127.0.0.1]:7101", "has no IPv6 address"),
            ("tcp::7101", "has no host"),
            ("tcp:a b:7101", "has a host that is no name"),
            ("memory:a", "is of the in-process transport"),
        ])
    func wrong(text: String, reason: String) {
        let error = #expect(throws: TransportError.self) { try RaftAddress(text) }
        let message = error?.message ?? ""
        #expect(message.contains(reason) && message.contains("“\(text)”") && !message.contains("\n"))
    }
}
