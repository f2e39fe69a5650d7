public import NIOCore
public import RaftCore

/// One connection to one node, with callbacks: what `RaftClient` is made of, and what a load generator wants.
///
/// Confined to its event loop: call everything there, and completions come there too, so that the next request can be
/// made without a change of threads. Requests are pipelined; those made in one tick of the loop go out in one write.
public final class ClientConnection {
    /// Called once, on the loop. An error that the node answered comes as a failure.
    public typealias Completion = (Result<ClientResponse, RaftClientError>) -> Void

    public let address: RaftAddress
    /// What the node said of itself when the connection was made.
    public let server: ServerHello
    private let handler: ClientChannelHandler

    init(address: RaftAddress, server: ServerHello, handler: ClientChannelHandler) {
        self.address = address
        self.server = server
        self.handler = handler
    }

    /// Connects and exchanges hellos. Call it on `eventLoop`; `completion` is called there, once.
    ///
    /// Fails with `unreachable` when nobody listens or answers in time, with `protocolBroken` when it is no node of ours,
    /// with `overloaded` or `stopped` when the node turned us away.
    public static func connect(
        to address: RaftAddress, on eventLoop: any EventLoop,
        options: ClientConnectionOptions = ClientConnectionOptions(),
        completion: @escaping (Result<ClientConnection, RaftClientError>) -> Void
    ) {
        eventLoop.preconditionInEventLoop()
        let handler = ClientChannelHandler(address: address, options: options, connected: completion)
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        let connecting = ClientConnector.connect(
            to: address, eventLoop: eventLoop, timeout: TimeAmount(options.connectTimeout)
        ) { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
        }
        connecting.assumeIsolated().whenFailure { error in
            handler.end(RaftClientError(.unreachable, .rejected, "\(address) cannot be reached: \(reason(error))"))
        }
    }

    /// Whether calls can still succeed.
    public var isOpen: Bool { handler.isOpen }

    /// Requests without an answer.
    public var inFlight: Int { handler.inFlight }

    /// Called once, when the connection has ended and every call was completed.
    public var onEnd: ((RaftClientError) -> Void)? {
        get { handler.onEnd }
        set { handler.onEnd = newValue }
    }

    /// Sends `request`. When the connection ends before the answer, the error is `connectionLost`, its outcome `rejected`
    /// when no byte of the request went out and else `unknown`.
    ///
    /// A call that fails at once, on an ended connection or over a bound, completes before this returns: do not make the
    /// next call from a completion that failed.
    /// - Returns: a number by which `forget` knows the call; nil when it failed at once.
    @discardableResult
    public func call(_ request: ClientRequest, completion: @escaping Completion) -> UInt64? {
        handler.call(request, completion)
    }

    /// Drops a call: its completion is never called.
    /// - Returns: whether the request went out, or part of it.
    @discardableResult
    public func forget(_ call: UInt64) -> Bool { handler.forget(call) }

    /// Ends the connection; calls without an answer fail with `connectionLost`.
    public func close() {
        handler.end(RaftClientError(.closed, .unknown, "the connection to \(address) was closed by this client"))
    }

    /// One line about an error of NIO's.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as UnixDialler.Failure: error.description
        case let error as IOError: error.description
        case ChannelError.connectTimeout: "it did not answer in time"
        default: "\(error)"
        }
    }
}
