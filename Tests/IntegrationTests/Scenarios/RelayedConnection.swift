import Foundation

/// One connection that a node dialled, and the one that goes on from the relay.
struct RelayedConnection {
    /// One direction of it: bounded.
    private struct Pipe {
        static let limit = 64 << 10
        var bytes: [UInt8] = []
        /// The reading end was closed by its peer.
        var hasEnded = false

        var wantsMore: Bool { !hasEnded && bytes.count < Self.limit }

        mutating func fill(from descriptor: Int32) {
            while wantsMore {
                var chunk = [UInt8](repeating: 0, count: Self.limit - bytes.count)
                let count = read(descriptor, &chunk, chunk.count)
                if count > 0 {
                    bytes += chunk[..<count]
                } else {
                    if count == 0 || errno != EAGAIN { hasEnded = true }
                    return
                }
            }
        }

        /// - Returns: false when nobody takes them any more.
        mutating func drain(into descriptor: Int32) -> Bool {
            while !bytes.isEmpty {
                let count = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return errno == EAGAIN }
                bytes.removeFirst(count)
            }
            return true
        }
    }

    let link: PeerRelay.Link
    private let near: Int32
    private let far: Int32
    private var outward = Pipe()
    private var back = Pipe()
    /// Bytes of it were lost.
    private var isTorn = false
    private(set) var isDone = false

    /// - Parameters:
    ///   - near: where the node dialled in.
    ///   - far: on to the other.
    init(link: PeerRelay.Link, near: Int32, far: Int32) {
        self.link = link
        self.near = near
        self.far = far
    }

    func close() {
        Glibc.close(near)
        Glibc.close(far)
    }

    /// Moves what can be moved.
    /// - Parameter isCut: what comes from the dialling node is lost.
    /// - Returns: how many bytes were lost.
    mutating func move(isCut: Bool) -> Int {
        guard !isDone else { return 0 }
        if isTorn, !isCut {
            isDone = true
            return 0
        }
        var lost = 0
        outward.fill(from: near)
        back.fill(from: far)
        if isCut, !outward.bytes.isEmpty {
            // As much as has come, so that the sender does not notice.
            while !outward.bytes.isEmpty {
                lost += outward.bytes.count
                outward.bytes.removeAll(keepingCapacity: true)
                outward.fill(from: near)
            }
            isTorn = true
        }
        let isTaken = outward.drain(into: far)
        let isTakenBack = back.drain(into: near)
        // What a side said before its end still arrives.
        if !isTaken || !isTakenBack || (outward.hasEnded && outward.bytes.isEmpty)
            || (back.hasEnded && back.bytes.isEmpty)
        {
            isDone = true
        }
        return lost
    }

    /// What `poll` is to wait for.
    var interests: [pollfd] {
        func interest(_ descriptor: Int32, reads: Bool, writes: Bool) -> pollfd {
            let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
            // One that is asked nothing would still report its end, again and again.
            return pollfd(fd: events == 0 ? -1 : descriptor, events: Int16(events), revents: 0)
        }
        return [
            interest(near, reads: outward.wantsMore, writes: !back.bytes.isEmpty),
            interest(far, reads: back.wantsMore, writes: !outward.bytes.isEmpty),
        ]
    }
}
