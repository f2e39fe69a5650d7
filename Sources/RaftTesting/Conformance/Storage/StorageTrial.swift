import Glibc
import RaftCore
import RaftMembership

/// One property being checked: a storage in a directory of its own, and the model of what it ought to hold.
final class StorageTrial {
    let property: ConformanceProperty
    let options: StorageConformanceOptions
    let opener: @Sendable (String) throws -> any LogStorage
    let scratch: ScratchDirectory
    var random: SeededRandom
    private(set) var storage: any LogStorage
    var model = StorageModel()
    private var isOpen = true

    init(
        _ property: ConformanceProperty, options: StorageConformanceOptions,
        open: @escaping @Sendable (String) throws -> any LogStorage
    ) throws {
        self.property = property
        self.options = options
        opener = open
        random = SeededRandom(seed: options.seed)
        scratch = try ScratchDirectory("storage")
        storage = try Self.open(in: scratch.path + "/data", property, options, open)
    }

    /// Where the storage is.
    var directory: String { scratch.path + "/data" }

    private static func open(
        in directory: String, _ property: ConformanceProperty, _ options: StorageConformanceOptions,
        _ open: (String) throws -> any LogStorage
    ) throws -> any LogStorage {
        mkdir(directory, 0o700)
        do {
            return try open(directory)
        } catch {
            throw ConformanceFailure(property, "a storage cannot be opened: \(error)", seed: options.seed)
        }
    }

    func failure(_ message: String) -> ConformanceFailure {
        ConformanceFailure(property, message, seed: options.seed)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        storage.close()
    }

    /// As a restart finds it.
    func reopen() throws {
        guard options.keepsFiles else { return }
        close()
        storage = try Self.open(in: directory, property, options, opener)
        isOpen = true
    }

    func commit(_ batches: StorageBatch...) throws { try commit(batches) }

    func commit(_ batches: [StorageBatch]) throws {
        do {
            try storage.commit(batches)
        } catch {
            throw failure("a commit that the rules allow threw: \(error)")
        }
        for batch in batches { model.apply(batch) }
    }

    /// Commits, and compares with the model before and after reopening.
    func commitAndCheck(_ what: String, _ batches: StorageBatch...) throws {
        try commit(batches)
        try check("after \(what)")
        try reopen()
        try check("after \(what) and reopening")
    }

    /// Compares the storage with the model.
    func check(_ when: String) throws {
        let difference: String?
        do {
            difference = try model.difference(from: storage, groups: StorageSamples.groups)
        } catch {
            throw failure("\(when), reading threw: \(error)")
        }
        if let difference { throw failure("\(when), \(difference)") }
    }

    /// Checks that `body` throws a `StorageError` of one of `codes`.
    func expect(_ codes: StorageError.Code..., from what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as StorageError {
            guard codes.contains(error.code) else { throw failure("\(what) threw \(error.code): \(error)") }
            return
        } catch {
            throw failure("\(what) threw what is no StorageError: \(error)")
        }
        throw failure("\(what) was not refused")
    }
}
