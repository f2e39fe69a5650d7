/// What a frame carries.
struct FrameKind: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt8

    /// `Hello`: the first frame in either direction.
    static let hello = FrameKind(rawValue: 1)
    /// `Refusal`: in place of a hello, and the last frame.
    static let refusal = FrameKind(rawValue: 2)
    /// An envelope as `MessageCodec` writes it.
    static let envelope = FrameKind(rawValue: 3)
}
