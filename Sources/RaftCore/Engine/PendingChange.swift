package import RaftMembership

/// Names a call that waits for the engine's word: a change of membership, a transfer of leadership.
package struct CallID: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What a call asks to be done to the configuration.
package struct ChangeRequest: Hashable, Sendable {
    package var changes: [MembershipChange]
    /// The position of the configuration that the caller saw; another one in effect refuses the call.
    package var expected: LogID?
    /// Servers to be added whose incarnation is known; the others are asked for theirs.
    package var known: [Member]

    package init(_ changes: [MembershipChange], expected: LogID? = nil, known: [Member] = []) {
        self.changes = changes
        self.expected = expected
        self.known = known
    }

    /// Why it is refused, in one line, where the caller decided on another configuration than the one in effect.
    func refusal(inEffect effective: LogID) -> String? {
        guard let expected, expected != effective else { return nil }
        return "the membership has changed: it is that of entry \(effective), not of entry \(expected)"
    }
}

/// A change that this leader carries out. What it has appended, any other leader finishes (rule M3); the call ends with
/// this leadership.
package struct PendingChange: Hashable, Sendable {
    let id: CallID
    let request: ChangeRequest
    /// Told apart from answers to other questions.
    let nonce: UInt64
    /// Servers to be added that have not said yet in which incarnation they live.
    package internal(set) var unanswered: [FormationMember]
    var answers: [Member]
    /// Questions that may yet go unanswered.
    var patience = 30
    /// Known once everybody has answered, and judged by the configuration in effect then.
    var goal: Membership?
    var hasAppended = false
}

/// How a call to change the configuration ended.
package enum ChangeOutcome: Hashable, Sendable {
    /// The configuration that was asked for is committed.
    case changed(LoggedMembership)
    /// Nothing was appended for it; one line says why.
    case refused(String)
    /// Nothing was appended: this server does not lead.
    case rejected(Rejection)
    /// Part of it is appended; one line says what became of the rest.
    case unknown(String)
}

/// The leader is about to hand over (D§3.10).
package struct PendingTransfer: Hashable, Sendable {
    /// Nil when a leader outside of its configuration hands over by itself (rule M4).
    let id: CallID?
    package let target: Member
    /// Whoever takes over or not, this leadership ends.
    let givesUp: Bool
    /// The target has everything under way: no more proposals, so that it can catch up (rule T1).
    package internal(set) var isFenced = false
    /// TimeoutNow was sent.
    var isSent = false
}

/// How a call to transfer leadership ended.
package enum TransferOutcome: Hashable, Sendable {
    case transferred(to: Member)
    /// The leadership of before goes on, unless the line says otherwise.
    case failed(String)
    case rejected(Rejection)
}
