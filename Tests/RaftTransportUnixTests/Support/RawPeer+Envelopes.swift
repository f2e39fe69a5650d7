import RaftCore

@testable import RaftTransportUnix

/// Writes frames that no transport would send.
func sendRaw(_ envelopes: [Envelope], by peer: RawPeer) {
    peer.write { buffer in
        for envelope in envelopes { FrameEncoder.append(envelope, to: &buffer) }
    }
}
