import NIOCore

/// Says in the middle of a flush that it can be written again, as a socket does that has taken all of a large write.
final class EagerSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func flush(context: ChannelHandlerContext) {
        context.flush()
        context.fireChannelWritabilityChanged()
    }
}

/// Stays open when one side of it is closed, as a socket does.
final class OpenSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }
}
