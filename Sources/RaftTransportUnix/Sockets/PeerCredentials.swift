import Glibc
package import NIOCore

/// Who is at the other end of a Unix domain socket, as the kernel saw it when the connection was made (rule N3).
///
/// The layout is that of C's `struct ucred`, which Swift's Glibc module hides.
package struct PeerCredentials: Hashable, Sendable {
    /// 0 when the process is outside this process's PID namespace.
    package var processID: Int32
    package var userID: UInt32
    package var groupID: UInt32

    package init(processID: Int32, userID: UInt32, groupID: UInt32) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
    }

    /// Our own user, root, and whom the operator named.
    package func isAllowed(ownUserID: UInt32 = geteuid(), allowedUserIDs: [UInt32]) -> Bool {
        userID == ownUserID || userID == 0 || allowedUserIDs.contains(userID)
    }

    /// Asks the kernel about a connected Unix domain socket; of a listener's peer it tells who listens.
    package static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }
}
