internal import Glibc
internal import Synchronization

/// The last thousands of events of one node in a ring of fixed size: everything that was compiled in, whatever the level
/// of the sink. What went before a failure is there without anybody having asked for it.
///
/// In memory, it is read through ``read(from:maximumBytes:)`` (`raftctl trace --dump`). In a file it is there after the
/// process is gone too, whatever ended it, for the kernel keeps what was written to the file's pages: put the file on a
/// file system in memory, such as `/run`, since a disk that hangs would otherwise hold up whoever records.
///
/// An event costs a clock, a lock and some hundred bytes copied. Texts that do not fit into a slot are cut. Any thread.
public final class FlightRecorder: Sendable {
    private struct Ring {
        let memory: UnsafeMutableRawBufferPointer
        /// The first slot.
        let first: UnsafeMutableRawPointer
        /// Events recorded so far.
        var count: UInt64 = 0
        /// Of the next event among the slots.
        var place = 0
    }

    /// How many events are kept.
    public let capacity: Int
    // The memory is the recorder's own, and touched under the lock only, but by those who read the file.
    private let ring: Mutex<Ring>
    private let header: FlightRecording.Header
    private let keys = KeyBlocks()
    /// Kept open, and locked, as long as this records there: nobody else takes its name away.
    private let file: (path: String, descriptor: Int32)?

    /// - Parameters:
    ///   - events: How many are kept, at least 64; each takes 256 bytes.
    ///   - cluster: The cluster's name, for whoever reads the recording.
    ///   - node: The node's id.
    ///   - path: A file, made anew; one that is there is kept as `PATH.previous`, unless somebody records in it still. Nil keeps
    ///     the ring in memory alone.
    ///   - clock: Nanoseconds since 1970; the time of day by default.
    /// - Throws: `FlightRecorderError` when the file cannot be made.
    public init(
        events: Int, cluster: String, node: UInt64, path: String? = nil, clock: (@Sendable () -> UInt64)? = nil
    ) throws(FlightRecorderError) {
        capacity = min(max(events, 64), 1 << 24)
        header = FlightRecording.Header(
            slots: UInt32(capacity), node: node, cluster: cluster, process: UInt32(truncatingIfNeeded: getpid()),
            started: (clock ?? TracerCore.wallClock)())
        let size = FlightRecording.Header.size + capacity * FlightSlot.size
        let address: UnsafeMutableRawPointer
        if let path {
            let made = try Self.file(path, size)
            address = made.address
            file = (path, made.descriptor)
        } else {
            address = try Self.memory(size)
            file = nil
        }
        ring = Mutex(
            Ring(
                memory: UnsafeMutableRawBufferPointer(start: address, count: size),
                first: address + FlightRecording.Header.size))
        let bytes = header.bytes
        ring.withLock { $0.memory.copyBytes(from: bytes) }
    }

    deinit {
        ring.withLock { ring in
            // Only an address that is none could fail.
            _ = munmap(ring.memory.baseAddress, ring.memory.count)
        }
        if let file { close(file.descriptor) }
    }

    /// Gives the file's name back to the recording before it: this one is of a process that came to nothing, and what one
    /// before left is worth more. Records go on, where nobody finds them any more.
    package func giveUpName() {
        guard let file, access(file.path + ".previous", F_OK) == 0 else { return }
        _ = rename(file.path + ".previous", file.path)
    }

    /// Records an event. A message is kept when there is one, as far as there is room behind the fields.
    func record(
        _ kind: EventKind, _ level: TraceLevel, module: String, _ message: String?, _ context: [TraceField],
        _ fields: Span<TraceField>, at time: UInt64
    ) {
        ring.withLock { ring in
            var slot = FlightSlot(ring.first + ring.place * FlightSlot.size)
            ring.count += 1
            // In range: one of `capacity` slots behind the header.
            ring.place = ring.place + 1 == capacity ? 0 : ring.place + 1
            slot.begin(time, level)
            slot.append(kind.name, atMost: FlightSlot.longestName)
            slot.append(module, atMost: FlightSlot.longestName)
            slot.append(context, fields, keys)
            if let message { slot.append(message) }
            slot.end(ring.count)
        }
    }

    /// The recording from event `first` on, the first ever being 1: slots as they are in the file, as many as fit.
    /// - Returns: What the recording is of, the slots, and the number to go on with; nil when nothing is left.
    public func read(from first: UInt64, maximumBytes: Int) -> (header: [UInt8], slots: [UInt8], next: UInt64?) {
        ring.withLock { ring in
            let oldest = ring.count < UInt64(capacity) ? 1 : ring.count - UInt64(capacity) + 1
            let start = max(first, oldest)
            guard start <= ring.count else { return (header.bytes, [], nil) }
            let wanted = min(Int(ring.count - start) + 1, max(1, maximumBytes / FlightSlot.size))
            var slots: [UInt8] = []
            slots.reserveCapacity(wanted * FlightSlot.size)
            for number in start..<start + UInt64(wanted) {
                let place = FlightRecording.Header.size + Int((number - 1) % UInt64(capacity)) * FlightSlot.size
                slots.append(contentsOf: ring.memory[place..<place + FlightSlot.size])
            }
            let next = start + UInt64(wanted)
            return (header.bytes, slots, next <= ring.count ? next : nil)
        }
    }

    // MARK: Memory

    private static func memory(_ size: Int) throws(FlightRecorderError) -> UnsafeMutableRawPointer {
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else { throw FlightRecorderError("allocate \(size) bytes", errno) }
        return address
    }

    private static func file(
        _ path: String, _ size: Int
    ) throws(FlightRecorderError) -> (address: UnsafeMutableRawPointer, descriptor: Int32) {
        let former = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        if former >= 0 {
            defer { close(former) }
            // A file system without locks tells of nobody.
            guard flock(former, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
                throw FlightRecorderError("record in \(path), where another process does", errno)
            }
        }
        // What the process before left is worth more than what this one has yet to record.
        if rename(path, path + ".previous") != 0, errno != ENOENT {
            throw FlightRecorderError("rename \(path)", errno)
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FlightRecorderError("create \(path)", errno) }
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        // All of it now: memory of a file that finds no room later would end the process.
        let failure = posix_fallocate(descriptor, 0, off_t(size))
        guard failure == 0 else {
            unlink(path)
            close(descriptor)
            throw FlightRecorderError("make room for \(size) bytes in \(path)", failure)
        }
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            let error = errno
            close(descriptor)
            throw FlightRecorderError("map \(path)", error)
        }
        return (address, descriptor)
    }
}
