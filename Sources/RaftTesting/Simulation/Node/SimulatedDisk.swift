import RaftCore
import RaftMembership

/// A disk with its moods. What is on it outlives the processes that use it.
final class SimulatedDisk {
    var image = DiskImage()
    /// Of a storage of the user's own.
    let files = SimulatedFiles()
    /// A write of such a storage was cut off: it is there, or it is not.
    var isInDoubt: DiskImage?
    /// What was there before it was lost. Nobody knows that it is: the word that the server gave as who it was counts on.
    private var ghosts: [Member: DiskImage] = [:]
    /// Nanoseconds from a write's submission until it is durable.
    var delay: ClosedRange<UInt64>
    var extraDelay: UInt64 = 0
    /// Nothing is finished before this.
    var hangsUntil: Instant?
    /// The next sync fails; what it wrote is lost, or is there after all.
    var failsNextSync = false
    var isFull = false
    /// Older images, for the operator who restores the wrong one.
    private(set) var copies: [Copy] = []
    var random: SeededRandom

    init(delay: ClosedRange<UInt64>, random: SeededRandom) {
        self.delay = delay
        self.random = random
    }

    /// Whether the server was this member, and lost what it had as that.
    func isFormer(_ member: Member?) -> Bool { member.map { ghosts[$0] != nil } ?? false }
    var hasLostData: Bool { !ghosts.isEmpty }

    /// The term of the entry at `index` in the log of this member, which the server is or was.
    func term(at index: LogIndex, of member: Member) -> Term? {
        if let ghost = ghosts[member] { return ghost.term(at: index) }
        return image.hardState?.member == member ? image.term(at: index) : nil
    }

    /// The entry of this term at `index`, whole.
    func entry(at index: LogIndex, _ term: Term) -> EntryBatch? {
        if image.term(at: index) == term, !image.rotten.contains(index), let entry = image.entry(at: index) {
            return entry
        }
        for ghost in ghosts.values where ghost.term(at: index) == term {
            if let entry = ghost.entry(at: index), !ghost.rotten.contains(index) { return entry }
        }
        return nil
    }

    /// Data and the mark that stood beside them then.
    struct Copy {
        var image: DiskImage
        var mark: [UInt8]?
        var files: SimulatedFiles.State
    }

    /// Puts other data in the place of what is there.
    func replace(with copy: DiskImage, _ files: SimulatedFiles.State) {
        // Of two losses the first took what was promised by who it was then.
        if let member = image.hardState?.member, ghosts[member] == nil { ghosts[member] = image }
        image = copy
        isInDoubt = nil
        self.files.state = files
    }

    func keepCopy(mark: [UInt8]?) {
        copies.append(Copy(image: image, mark: mark, files: files.state))
        if copies.count > 4 { copies.removeFirst() }
    }

    func forgetCopies() { copies = [] }

    func nextDelay() -> UInt64 { random.next(in: delay) + extraDelay }
}
