import Glibc
import RaftCore
import RaftMembership

extension StorageTrial {
    enum CrashKind {
        case killed
        case powerLost
        case powerLostAfterKill
    }

    /// Crashes the first opening, some commits of every shape and a reopening, at every call.
    func crashes(_ kind: CrashKind) throws {
        // The first opening is crashed together with the first commit: what it left unsynced must not take that along.
        close()
        let fresh = scratch.path + "/crashed"
        let first = [
            StorageBatch(
                group: .first, entries: StorageSamples.commands(1, 4), hardState: StorageSamples.hardState(1))
        ]
        var survivor = try record(kind, "opening and the first commit", in: fresh, first) { [self] in
            let storage = try opener(fresh)
            try storage.commit(first)
            return storage
        }
        for step in 0..<options.crashedCommits {
            let batches = try crashedBatches(step)
            let storage = survivor
            survivor = try record(kind, "commit \(step + 2)", in: fresh, batches) {
                try storage.commit(batches)
                return storage
            }
        }
        survivor.close()
        let reopened = try record(kind, "reopening", in: fresh, []) { [self] in try opener(fresh) }
        reopened.close()
    }

    /// Shapes that matter, then chance.
    func crashedBatches(_ step: Int) throws -> [StorageBatch] {
        let last = model[.first].last
        switch step {
        case 0: return [StorageBatch(group: .first, entries: StorageSamples.commands(5, 12, term: 2, size: 700))]
        case 1: return [StorageBatch(group: .first, hardState: StorageSamples.hardState(7))]
        case 2:
            return [
                StorageBatch(
                    group: .first, truncateAfter: 9, entries: StorageSamples.commands(10, 3, term: 8),
                    hardState: StorageSamples.hardState(8)),
                StorageBatch(
                    group: GroupID(rawValue: 2), entries: StorageSamples.commands(1, 5),
                    hardState: StorageSamples.hardState(3)),
            ]
        case 3: return [StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 6))]
        case 4:
            return [
                StorageBatch(group: .first, entries: StorageSamples.commands(last.index.next, 2, term: 9, size: 20_000))
            ]
        default: return try StorageSamples.batches(model, using: &random)
        }
    }

    /// Does `work`, which commits `batches`, under the recorder; then opens what each crash in it would have left.
    func record(
        _ kind: CrashKind, _ what: String, in directory: String, _ batches: [StorageBatch],
        _ work: () throws -> any LogStorage
    ) throws -> any LogStorage {
        mkdir(directory, 0o700)
        let before = try DirectoryImage(of: directory, skipping: options.scratchFiles)
        let inodes = before.files.keys.reduce(into: [:]) { $0[$1] = FileIdentity(of: "\(directory)/\($1)")?.inode }
        guard let recording = options.recorder?.start(directory) else {
            throw failure("the recorder cannot be started")
        }
        let storage: any LogStorage
        do {
            storage = try work()
        } catch {
            recording.stop()
            throw failure("\(what) threw: \(error)")
        }
        let calls = recording.calls()
        recording.stop()
        let after = model.applying(batches)
        let states = CrashStates(before: before, inodes: inodes, calls: calls)
        try checkThatNothingWasMissed(states, what, directory)

        var seen: Set<DirectoryImage> = []
        var count = 0
        func visit(_ state: CrashStates.State) throws {
            // What a crash after the return leaves must be the new state: the same files before may be the old one.
            guard state.isAfterReturn || seen.insert(state.image).inserted else { return }
            count += 1
            try check(
                state, in: what, before: state.isAfterReturn ? after : model, after: after, goesOn: count % 5 == 0)
        }
        switch kind {
        case .killed: try states.killed(visit)
        case .powerLost: try states.powerLost(most: 6, using: &random, visit)
        case .powerLostAfterKill: try restart(states, what, after: after)
        }
        for batch in batches { model.apply(batch) }
        return storage
    }

    /// The recording is worth nothing if the storage writes by ways that the recorder does not see.
    func checkThatNothingWasMissed(_ states: CrashStates, _ what: String, _ directory: String) throws {
        let found = try DirectoryImage(of: directory, skipping: options.scratchFiles)
        var replayed = states.end
        for name in options.scratchFiles { replayed.files[name] = nil }
        guard let name = replayed.firstDifference(from: found) else { return }
        throw failure(
            """
            the \(states.calls.count) calls recorded during \(what) do not explain what \(name) holds: link the recorder \
            into the executable, and write by write, pwrite, writev or pwritev, not by stdio or shared maps
            """)
    }

    func check(
        _ state: CrashStates.State, in what: String, before: StorageModel, after: StorageModel, goesOn: Bool
    ) throws {
        let crash = "\(what), \(state.crash):"
        let directory = scratch.path + "/rebuilt"
        var image = state.image
        for name in options.scratchFiles { image.files[name] = nil }
        try image.write(to: directory)
        defer { ScratchDirectory.remove(directory) }
        do {
            var storage = try opener(directory)
            defer { storage.close() }
            var found = before
            if let difference = try before.difference(from: storage, groups: StorageSamples.groups) {
                if let other = try after.difference(from: storage, groups: StorageSamples.groups) {
                    if state.isAfterReturn {
                        throw failure("\(crash) the state that was committed is not there: \(other)")
                    }
                    throw failure(
                        "\(crash) the state before is not there: \(difference); nor is the one after: \(other)")
                }
                found = after
            }
            guard goesOn else { return }
            let next = StorageBatch(
                group: .first,
                entries: StorageSamples.commands(found[.first].last.index.next, 2, term: found[.first].last.term.next),
                hardState: StorageSamples.hardState(77))
            try storage.commit([next])
            storage.close()
            storage = try opener(directory)
            if let difference = try found.applying([next]).difference(from: storage, groups: StorageSamples.groups) {
                throw failure("\(crash) after a further commit and reopening, \(difference)")
            }
        } catch let failure as ConformanceFailure {
            throw failure
        } catch {
            throw failure("\(crash) opening or reading threw: \(error)")
        }
    }
}
