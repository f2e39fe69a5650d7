import Glibc
import RaftCore
import RaftMembership

extension StorageTrial {
    /// Kills recorded work in the middle of some of its calls, starts again on what the system shows then, and cuts the
    /// power while that opens, commits, and has committed.
    func restart(_ states: CrashStates, _ what: String, after: StorageModel) throws {
        for position in states.kills(most: 4, using: &random) {
            let cut = states.cutOff(at: position)
            try start(
                after: cut, "\(what), killed in the middle of \(states.calls[position]), opened again", reaching: after)
        }
    }

    /// Opens what the system shows after `cut`, commits, and cuts the power at every call of that.
    func start(after cut: CrashStates, _ what: String, reaching after: StorageModel) throws {
        let directory = scratch.path + "/restarted"
        var image = cut.end
        for name in options.scratchFiles { image.files[name] = nil }
        try image.write(to: directory)
        defer { ScratchDirectory.remove(directory) }
        let numbers = image.files.keys.reduce(into: [:]) { $0[$1] = FileIdentity(of: "\(directory)/\($1)")?.inode }
        guard let recording = options.recorder?.start(directory) else {
            throw failure("the recorder cannot be started")
        }
        var found = model
        let next: StorageBatch
        let opened: Int
        let calls: [FileCall]
        do {
            defer { recording.stop() }
            let storage = try opener(directory)
            defer { storage.close() }
            if try model.difference(from: storage, groups: StorageSamples.groups) != nil { found = after }
            // Whoever has read it may have told others.
            opened = cut.calls.count + recording.calls().count
            next = StorageBatch(
                group: .first,
                entries: StorageSamples.commands(found[.first].last.index.next, 2, term: found[.first].last.term.next),
                hardState: StorageSamples.hardState(78))
            try storage.commit([next])
            calls = recording.calls()
        } catch {
            throw failure("\(what): opening, reading or committing threw: \(error)")
        }
        let whole = cut.followed(by: calls, numbers: numbers)
        let committed = found.applying([next])
        var seen: Set<DirectoryImage> = []
        try whole.powerLost(from: cut.calls.count, most: 0, using: &random) { state in
            // The same files may be right before the opening returned, and wrong afterwards.
            if state.count == opened { seen.removeAll() }
            guard state.isAfterReturn || seen.insert(state.image).inserted else { return }
            let hasOpened = state.count >= opened
            try check(
                state, in: what, before: state.isAfterReturn ? committed : hasOpened ? found : model,
                after: hasOpened ? committed : after, goesOn: false)
        }
    }
}
