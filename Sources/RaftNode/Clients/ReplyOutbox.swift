import NIOCore
import RaftClient
import Synchronization

/// Brings answers to the event loop: at once from the loop itself, and from other threads with one wake-up for as many
/// as come in a row. Bounded by the requests that sessions have under way.
final class ReplyOutbox: Sendable {
    private struct Reply: Sendable {
        let session: NIOLoopBound<ClientSession>
        let id: UInt64
        let response: ClientResponse
    }

    private let eventLoop: any EventLoop
    private let waiting = Mutex<[Reply]>([])

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func send(_ response: ClientResponse, id: UInt64, to session: NIOLoopBound<ClientSession>) {
        if eventLoop.inEventLoop { return session.value.respond(response, id: id) }
        let isFirst = waiting.withLock { waiting in
            waiting.append(Reply(session: session, id: id, response: response))
            return waiting.count == 1
        }
        if isFirst { eventLoop.execute { [self] in deliver() } }
    }

    private func deliver() {
        let replies = waiting.withLock { waiting in
            let replies = waiting
            waiting = []
            return replies
        }
        for reply in replies { reply.session.value.respond(reply.response, id: reply.id) }
    }
}
