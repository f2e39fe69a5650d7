/// Finds out whether proposals come faster when each is driven at once, by whoever made it, or when they gather first.
///
/// With one client the first is right, with many the second: a batch costs little more than a single command. Nothing
/// tells how many clients there are, and on one core none of them gets to post while another one drives, so now and then
/// it is tried: a drain that finds many proposals after waiting waits again, one that finds few was not worth it.
struct Pace: Sendable {
    /// Proposals in one drain from which on gathering is worth a change of threads.
    private static let crowd = 8
    private static let shortest = 64
    private static let longest = 4096

    /// Wake-ups that are still to be driven at once.
    private var atOnce = Self.shortest
    private var interval = Self.shortest
    /// The next drain is the first after the driver was woken to gather.
    private var isTrial = false

    /// Whether the driver, which a proposal finds idle, should let others post first.
    mutating func gathers() -> Bool {
        if atOnce > 0 {
            atOnce -= 1
            return false
        }
        isTrial = true
        return true
    }

    /// The driver takes so many proposals.
    mutating func drained(_ count: Int) {
        guard isTrial else { return }
        isTrial = false
        if count >= Self.crowd {
            interval = Self.shortest
        } else {
            interval = min(2 * interval, Self.longest)
            atOnce = interval
        }
    }
}
