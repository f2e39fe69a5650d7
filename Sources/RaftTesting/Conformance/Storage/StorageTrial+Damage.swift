import Glibc
import RaftCore
import RaftMembership

extension StorageTrial {
    /// Changes single bytes of the files, and looks at what is served then.
    func damage() throws {
        var states: [StorageModel] = [model]
        for round in 0..<12 {
            let size = round % 5 == 4 ? 6000 : 150
            try commit(
                StorageBatch(
                    group: .first, entries: StorageSamples.commands(LogIndex(UInt64(round * 9 + 1)), 9, size: size),
                    hardState: StorageSamples.hardState(Term(UInt64(round + 1)))),
                StorageBatch(
                    group: GroupID(rawValue: 2),
                    entries: StorageSamples.commands(LogIndex(UInt64(round * 3 + 1)), 3, size: 10)))
            states.append(model)
        }
        try commit(StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 30)))
        states.append(model)
        close()
        let image = try DirectoryImage(of: directory, skipping: options.scratchFiles)
        let names = image.files.filter { !$0.value.isEmpty }.keys.sorted()
        guard !names.isEmpty else { throw failure("the storage keeps no files in its directory") }
        for _ in 0..<options.damages {
            let name = random.pick(names)
            guard let bytes = image.files[name] else { continue }
            let offset = place(in: bytes)
            let bit = UInt8(1) << UInt8(random.index(below: 8))
            var spoiled = image
            spoiled.files[name]?[offset] ^= bit
            let mayStepBack = options.uncheckedBytes[name, default: []].contains { $0.contains(offset) }
            try check(
                spoiled, "with bit \(bit) of byte \(offset) of \(name) changed",
                accepting: mayStepBack ? states : [model])
        }
    }

    /// Changes single bytes of what a failed commit left, and looks at what is served before they are found.
    func damageAfterFailure() throws {
        for group in StorageSamples.groups {
            let size = group == .first ? 100 : 600
            try commit(
                StorageBatch(
                    group: group, entries: StorageSamples.commands(1, 40, size: size),
                    hardState: StorageSamples.hardState(1)))
        }
        close()
        let image = try image(of: directory)
        let next = StorageBatch(group: .first, entries: StorageSamples.commands(41, 3))
        for place in 0... {
            guard let failed = try commit([next], in: image, .once(after: place), "a commit") else { return }
            defer { failed.end() }
            let states = failed.close()
            guard failed.error != nil, states.calls.contains(where: { $0.kind == .failed(.sync) }) else { continue }
            try damage(try self.image(of: failed.directory), failed.what, reaching: model.applying([next]))
        }
    }

    private func damage(_ image: DirectoryImage, _ what: String, reaching after: StorageModel) throws {
        let names = image.files.filter { !$0.value.isEmpty }.keys.sorted()
        for round in 0..<options.damages / 4 {
            let name = random.pick(names)
            guard let bytes = image.files[name] else { continue }
            let offset = place(in: bytes)
            guard !options.uncheckedBytes[name, default: []].contains(where: { $0.contains(offset) }) else { continue }
            var spoiled = image
            spoiled.files[name]?[offset] ^= 1 << UInt8(random.index(below: 8))
            let groups = round.isMultiple(of: 2) ? StorageSamples.groups : StorageSamples.groups.reversed()
            try checkThatAllIsVerified(
                spoiled, "\(what), and byte \(offset) of \(name) changed since", groups, accepting: [model, after])
        }
    }

    /// Opens `image` and recovers `groups` in order: none is served when another is found to be damaged.
    private func checkThatAllIsVerified(
        _ image: DirectoryImage, _ what: String, _ groups: [GroupID], accepting states: [StorageModel]
    ) throws {
        let directory = scratch.path + "/damaged"
        try image.write(to: directory)
        defer { ScratchDirectory.remove(directory) }
        var served: [GroupID] = []
        do {
            let storage = try opener(directory)
            defer { storage.close() }
            for group in groups {
                if let tail = try storage.recover(group).damage {
                    throw StorageError(.damaged, "\(tail) cannot be read")
                }
                served.append(group)
            }
            for state in states where try state.difference(from: storage, groups: groups) == nil { return }
            throw failure("\(what), other data was served as if right")
        } catch let error as StorageError {
            guard let first = served.first else { return }
            throw failure("\(what), group \(first) was served before damage was found elsewhere: \(error)")
        }
    }

    /// Where something is, and at the start of files more often than elsewhere.
    private func place(in bytes: [UInt8]) -> Int {
        let limit = random.chance(300) ? min(bytes.count, 8192) : bytes.count
        var offset = 0
        for _ in 0..<50 {
            offset = random.index(below: limit)
            if bytes[offset] != 0 { break }
        }
        return offset
    }

    private func check(_ image: DirectoryImage, _ damage: String, accepting states: [StorageModel]) throws {
        let directory = scratch.path + "/damaged"
        try image.write(to: directory)
        defer { ScratchDirectory.remove(directory) }
        var isRecovered = false
        do {
            let storage = try opener(directory)
            defer { storage.close() }
            var told: [(group: GroupID, found: RecoveredGroup)] = []
            for group in StorageSamples.groups {
                let found = try storage.recover(group)
                if found.damage != nil { told.append((group, found)) }
            }
            isRecovered = true
            guard told.isEmpty else {
                for (group, found) in told { try checkRepair(of: group, found, in: storage, damage) }
                return
            }
            guard let difference = try model.difference(from: storage, groups: StorageSamples.groups) else { return }
            for state in states where try state.difference(from: storage, groups: StorageSamples.groups) == nil {
                return
            }
            throw failure("\(damage), it was served as if right: \(difference)")
        } catch let error as StorageError {
            guard [.damaged, .tooNew, .foreign].contains(error.code) else {
                throw failure("\(damage), it threw what does not say damage, \(error.code): \(error)")
            }
            guard !isRecovered else {
                throw failure("\(damage), it was not found when the log was recovered, but later: \(error)")
            }
        } catch let failure as ConformanceFailure {
            throw failure
        } catch {
            throw failure("\(damage), it threw what is no StorageError: \(error)")
        }
    }

    /// What is said to be intact is, what is not is not served, and entries that come again take their place.
    private func checkRepair(
        of group: GroupID, _ found: RecoveredGroup, in storage: any LogStorage, _ damage: String
    ) throws {
        guard let tail = found.damage else { return }
        let wanted = model[group]
        var intact = try model.recovered(group).terms
        guard tail.firstIndex > intact.base.index, tail.lastIndex == intact.last.index else {
            throw failure("\(damage), the log of group \(group) is said to go to \(tail.lastIndex), damage included")
        }
        intact.truncate(after: tail.firstIndex.previous)
        guard found.terms == intact, found.hardState == wanted.hardState else {
            throw failure("\(damage), more is wrong in group \(group) than \(tail)")
        }
        let repairs = EntryBatch.joining(wanted.entries.filter { $0.firstIndex >= tail.firstIndex })
        // Every other time the rest differs, and goes in the same write.
        let end = tail.firstIndex.rawValue.isMultiple(of: 2) ? tail.firstIndex : nil
        let batch = StorageBatch(
            group: group, truncateAfter: end, repairs: end.map { repairs.prefix(through: $0) } ?? repairs)
        try storage.commit([batch])
        if let difference = try model.applying([batch]).difference(from: storage, groups: [group]) {
            throw failure("\(damage), and repaired: \(difference)")
        }
    }
}
