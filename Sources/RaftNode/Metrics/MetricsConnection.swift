import NIOCore
import RaftMetricsExport

/// One connection of whoever collects metrics: one request in, one answer out, and the end. Used on its loop.
final class MetricsConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum Phase {
        case reading
        /// The node is being asked.
        case asking
        /// The answer is on its way; what still comes in is thrown away.
        case leaving
        case ended
    }

    /// Whether there was room for it when it was accepted.
    let isServed: Bool
    private let hub: MetricsHub
    private var phase = Phase.reading
    private var context: ChannelHandlerContext?
    private var head = HTTPRequestHead()
    private var deadline: Scheduled<Void>?

    init(hub: MetricsHub, isServed: Bool) {
        self.hub = hub
        self.isServed = isServed
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        guard isServed else { return answer(.unavailable, "too many connections: try again later\n") }
        schedule(hub.limits.requestTimeout) { $0.answer(.timedOut, "no request came in time\n") }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .reading = phase else { return }
        switch head.append(unwrapInboundIn(data).readableBytesView) {
        case .incomplete: break
        case .refused(let status): answer(status, status.reason + "\n")
        case .request(let request): serve(request)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Who has said all that there is to say still wants the answer.
        if case .inputClosed? = event as? ChannelEvent {
            switch phase {
            case .reading, .leaving: close()
            case .asking, .ended: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // A reset is an end like any other.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }
    func channelInactive(context: ChannelHandlerContext) { ended() }
    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    private func serve(_ request: HTTPRequest) {
        guard request.path == "/metrics" else { return answer(.notFound, "there is /metrics and nothing else\n") }
        guard request.method == "GET" || request.method == "HEAD" else {
            return answer(.methodNotAllowed, "GET it\n")
        }
        phase = .asking
        schedule(hub.limits.answerTimeout) { $0.close() }
        let bound = NIOLoopBound(self, eventLoop: hub.eventLoop)
        let includesBody = request.method == "GET"
        hub.ask { [eventLoop = hub.eventLoop] report in
            // Written here and not on the node's own loop, which has other things to do.
            eventLoop.execute { bound.value.answered(report, includesBody) }
        }
    }

    private func answered(_ report: MetricReport, _ includesBody: Bool) {
        guard case .asking = phase else { return }
        let text = PrometheusText.render(report)
        leave(HTTPStatus.ok.response(text, type: PrometheusText.contentType, includesBody: includesBody))
    }

    private func answer(_ status: HTTPStatus, _ body: String) {
        guard case .reading = phase else { return }
        schedule(hub.limits.answerTimeout) { $0.close() }
        leave(status.response(body))
    }

    /// Closing at once, with bytes of the other side unread, could take away what was said: it is given a second.
    private func leave(_ response: String) {
        phase = .leaving
        guard let context else { return }
        let sent = context.writeAndFlush(NIOAny(ByteBuffer(string: response)))
        sent.assumeIsolated().whenComplete { [weak self] _ in
            guard let self, case .leaving = phase else { return }
            context.close(mode: .output, promise: nil)
            schedule(.seconds(1)) { $0.close() }
        }
    }

    private func schedule(_ time: Duration, _ body: @escaping (MetricsConnection) -> Void) {
        deadline?.cancel()
        deadline = hub.eventLoop.assumeIsolated().scheduleTask(in: time.timeAmount) { [weak self] in
            if let self { body(self) }
        }
    }

    func close() {
        let context = context
        ended()
        context?.close(promise: nil)
    }

    private func ended() {
        if case .ended = phase { return }
        phase = .ended
        deadline?.cancel()
        deadline = nil
        context = nil
        hub.ended(self)
    }
}
