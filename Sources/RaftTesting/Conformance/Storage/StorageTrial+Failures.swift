import Glibc
import RaftCore
import RaftMembership

extension StorageTrial {
    /// Lets each call of some commits fail, one at a time, with an error of the device.
    func failedCommits() throws {
        try eachCommit { what, image, batches in
            for place in 0... {
                let fault = CallFault.once(after: place)
                guard let failed = try commit(batches, in: image, fault, what) else { break }
                defer { failed.end() }
                try checkTheRest(of: failed, batches)
            }
        }
    }

    /// Lets the disk be full from each call of some commits on; and from the middle of each large write.
    func fullDisk() throws {
        try eachCommit { what, image, batches in
            try fillDisk(at: CallFault.noRoom(after:), in: image, what, batches)
            try fillDisk(at: CallFault.shortWrite(after:), in: image, what, batches)
        }
    }

    private func fillDisk(
        at fault: (Int) -> CallFault, in image: DirectoryImage, _ what: String, _ batches: [StorageBatch]
    ) throws {
        for place in 0... {
            guard let failed = try commit(batches, in: image, fault(place), what) else { break }
            defer { failed.end() }
            if let error = failed.error, (error as? StorageError)?.code != .full {
                throw failure("\(failed.what), it threw what does not say that the disk is full: \(error)")
            }
            try checkTheRest(of: failed, batches)
        }
    }

    /// The first commit, then others of every shape, each on what the ones before left.
    private func eachCommit(_ body: (String, DirectoryImage, [StorageBatch]) throws -> Void) throws {
        try commit(
            StorageBatch(group: .first, entries: StorageSamples.commands(1, 4), hardState: StorageSamples.hardState(1)))
        for step in 0..<options.crashedCommits {
            let batches = try crashedBatches(step)
            close()
            try body("commit \(step + 2)", try image(of: directory), batches)
            try reopen()
            try commit(batches)
        }
    }

    func image(of directory: String) throws -> DirectoryImage {
        try DirectoryImage(of: directory, skipping: options.scratchFiles)
    }

    /// What happens to a commit one of whose calls fails, in a directory of its own.
    /// - Returns: nil when the commit was over before.
    func commit(
        _ batches: [StorageBatch], in image: DirectoryImage, _ fault: CallFault, _ what: String
    ) throws -> FailedCommit? {
        try attempt(in: image, fault, what) { try $0.commit(batches) }
    }

    /// What happens to work one of whose calls fails, in a directory of its own.
    /// - Returns: nil when the work was over before.
    func attempt(
        in image: DirectoryImage, _ fault: CallFault, _ what: String, _ work: (any LogStorage) throws -> Void
    ) throws -> FailedCommit? {
        let directory = scratch.path + "/failing"
        try image.write(to: directory)
        do {
            let storage = try opener(directory)
            let before = try self.image(of: directory)
            guard let recording = options.recorder?.start(directory) else {
                throw failure("the recorder cannot be started")
            }
            let failed = FailedCommit(storage, recording, directory, before)
            recording.fail(fault)
            do { try work(storage) } catch { failed.error = error }
            recording.fail(nil)
            guard let place = recording.calls().firstIndex(where: \.hasFailed) else {
                failed.end()
                return nil
            }
            failed.what = "\(what), call \(place + 1) of which was \(recording.calls()[place])"
            return failed
        } catch {
            ScratchDirectory.remove(directory)
            throw error
        }
    }

    /// What must hold from then on: the storage is not used any more, and nothing that it said was wrong.
    func checkTheRest(of failed: FailedCommit, _ batches: [StorageBatch]) throws {
        let after = model.applying(batches)
        let what = failed.what
        if let error = failed.error {
            guard let error = error as? StorageError else { throw failure("\(what), threw no StorageError: \(error)") }
            try checkThatNothingFollows(failed.storage, what, isFull: error.code == .full)
        } else if let difference = try after.difference(from: failed.storage, groups: StorageSamples.groups) {
            throw failure("\(what), returned, and then \(difference)")
        }
        let states = failed.close()
        try checkThatNothingWasMissed(states, what, failed.directory)

        let known = failed.error == nil ? after : model
        try states.powerLost(from: states.calls.count, most: 6, using: &random) { state in
            var state = state
            state.isAfterReturn = failed.error == nil
            try check(state, in: "\(what) and was the last", before: known, after: after, goesOn: false)
        }
        try check(
            CrashStates.State(
                crash: "opened again", image: states.end, count: states.calls.count, isAfterReturn: false),
            in: what, before: known, after: after, goesOn: true)
        try start(after: states, "\(what), opened again", reaching: after)
    }

    /// Nothing more is committed, and nothing that was not is served; both may be refused. Only a full disk may have room
    /// again.
    private func checkThatNothingFollows(_ storage: any LogStorage, _ what: String, isFull: Bool) throws {
        do {
            if let difference = try model.difference(from: storage, groups: StorageSamples.groups) {
                throw failure("\(what), is not durable, and yet \(difference)")
            }
        } catch is StorageError {}
        guard !isFull else { return }
        do {
            try storage.commit([StorageBatch(group: .first, hardState: StorageSamples.hardState(50))])
        } catch is StorageError {
            return
        }
        throw failure("\(what), the next commit was taken, though a failure is final")
    }
}

/// A commit that met a fault, and where.
final class FailedCommit {
    let storage: any LogStorage
    let directory: String
    let recording: CallRecording
    private let before: DirectoryImage
    private let inodes: [String: UInt64]
    private var states: CrashStates?
    /// What it threw; nil when it returned all the same.
    var error: (any Error)?
    /// In words.
    var what = ""

    /// - Parameter before: what `directory` held when the recording began.
    init(_ storage: any LogStorage, _ recording: CallRecording, _ directory: String, _ before: DirectoryImage) {
        self.storage = storage
        self.recording = recording
        self.directory = directory
        self.before = before
        inodes = before.files.keys.reduce(into: [:]) { $0[$1] = FileIdentity(of: "\(directory)/\($1)")?.inode }
    }

    /// Closes the storage.
    /// - Returns: what was done until then.
    @discardableResult
    func close() -> CrashStates {
        if let states { return states }
        storage.close()
        let states = CrashStates(before: before, inodes: inodes, calls: recording.calls())
        recording.stop()
        self.states = states
        return states
    }

    /// Takes the directory away.
    func end() {
        close()
        ScratchDirectory.remove(directory)
    }
}
