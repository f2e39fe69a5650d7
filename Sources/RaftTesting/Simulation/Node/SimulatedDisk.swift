import RaftCore
import RaftMembership

/// A disk with its moods. What is on it outlives the processes that use it.
final class SimulatedDisk {
    var image = DiskImage()
    /// Of a storage of the user's own.
    let files = SimulatedFiles()
    /// A write of such a storage was cut off: it is there, or it is not.
    var isInDoubt: DiskImage?
    /// What was there before damage, while the server is out of the game for it: others may still rely on its word.
    var ghost: DiskImage?
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

    /// What others may rely on.
    var trusted: DiskImage { ghost ?? image }
    // The same without a copy of the image.
    var trustedHardState: HardState? { if let ghost { ghost.hardState } else { image.hardState } }
    var trustedLast: LogID { if let ghost { ghost.last } else { image.last } }
    func trustedTerm(at index: LogIndex) -> Term? {
        if let ghost { ghost.term(at: index) } else { image.term(at: index) }
    }

    /// Data and the mark that stood beside them then.
    struct Copy {
        var image: DiskImage
        var mark: [UInt8]?
        var files: SimulatedFiles.State
    }

    /// Puts other data in the place of what is there.
    func replace(with copy: DiskImage, _ files: SimulatedFiles.State) {
        ghost = image
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
