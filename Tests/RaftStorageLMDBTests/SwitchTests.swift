#if TestBuild
    import Glibc
    import RaftCore
    import RaftMembership
    import RaftTesting
    import Testing

    @testable import RaftStorageLMDB

    /// Every rule that this storage can break by a small edit, broken: somebody notices.
    @Suite("Switches of the LMDB storage")
    struct SwitchTests {
        static let properties: [(Mutation, ConformanceProperty)] = [
            (.commitWithoutSync, .powerLostAtAnyCall), (.commitWithoutMetaSync, .powerLostAtAnyCall),
            (.splitCommit, .killedAtAnyCall), (.splitBatch, .killedAtAnyCall), (.serveUnverified, .damage),
            (.openWithoutLock, .oneOpener), (.trustPageCache, .powerLostAfterKill), (.trustNames, .powerLostAfterKill),
        ]

        @Test(
            "A property of the conformance suite does not hold when its rule is broken on purpose (D1, D3, L7, M10)",
            arguments: properties)
        func property(rule: Mutation, property: ConformanceProperty) async throws {
            let failure = await #expect(throws: ConformanceFailure.self, "\(rule) (\(rule.rule)) is not noticed") {
                try await ConformanceTests.suite(MutationSwitch(rule)).check(property)
            }
            #expect(failure?.property == property)
            // What ought to be seen, not that the broken one stumbled over itself.
            #expect(failure?.message.contains("an unexpected error came") == false, "\(failure?.message ?? "")")
        }

        typealias Check = @Sendable (TemporaryDirectory, MutationSwitch) throws -> Bool

        static let rules: [(Mutation, Check)] = [
            (.recoverUnverified, damagedEntryIsTold), (.ignoreDirtyFlag, dirtyDirectoryIsVerified),
            (.writeAfterFailedCommit, failureIsFinal), (.ignoreFailedCommit, returnedMeansDurable),
            (.ignoreFullDisk, reserveIsKept),
        ]

        @Test("The rule holds, and does not when it is broken on purpose (D2, D3, D4, L8)", arguments: rules.indices)
        func caught(at position: Int) throws {
            let (rule, holds) = Self.rules[position]
            #expect(try holds(TemporaryDirectory(), MutationSwitch()))
            #expect(try !holds(TemporaryDirectory(), MutationSwitch(rule)), "\(rule) is not noticed")
        }

        @Test("Each switch of the storage is in a table here, and in the catalogue")
        func complete() {
            let here = Self.properties.map(\.0) + Self.rules.map(\.0)
            #expect(
                here.allSatisfy { MutationCatalogue.modules[$0] != nil && !MutationCatalogue.simulated.contains($0) })
        }

        /// Opens with some rule broken, and with commits or allocations failing while `fault` says so.
        private static func options(
            _ broken: MutationSwitch, _ fault: FailureTests.Fault = FailureTests.Fault()
        ) -> LMDBOptions {
            TemporaryDirectory.options { options in
                options.broken = broken
                options.faults = { fault($0) }
            }
        }

        private static func open(
            _ place: TemporaryDirectory, _ broken: MutationSwitch,
            _ fault: FailureTests.Fault = FailureTests.Fault()
        ) throws -> LMDBStorage {
            try place.open(options(broken, fault))
        }

        /// Five entries, then a commit that fails; the storage is still open.
        private static func failed(
            _ place: TemporaryDirectory, _ broken: MutationSwitch
        ) throws -> (storage: LMDBStorage, error: StorageError?) {
            let fault = FailureTests.Fault()
            let storage = try open(place, broken, fault)
            try storage.commit([StorageBatch(group: .first, entries: commands(1, 5), hardState: hardState(1))])
            fault.set(.commit)
            let error = storageError { try storage.commit([StorageBatch(group: .first, entries: commands(6, 1))]) }
            fault.set(nil)
            return (storage, error)
        }

        private static func spoil(_ place: TemporaryDirectory, entry: LogIndex, _ entries: EntryBatch) throws {
            var bytes = try place.bytes()
            try DamageTests.spoil(&bytes, entry: entry, entries)
            try place.replace(with: bytes)
        }

        /// D3: recovery looks at every checksum.
        static func damagedEntryIsTold(_ place: TemporaryDirectory, _ broken: MutationSwitch) throws -> Bool {
            let storage = try open(place, broken)
            let entries = commands(1, 20)
            try storage.commit([StorageBatch(group: .first, entries: entries, hardState: hardState(1))])
            storage.close()
            try spoil(place, entry: 13, entries)
            let again = try open(place, broken)
            defer { again.close() }
            return storageError { _ = try again.recover(.first) }?.code == .damaged
        }

        /// D2: what a failed write left is not served before all of it is verified.
        static func dirtyDirectoryIsVerified(_ place: TemporaryDirectory, _ broken: MutationSwitch) throws -> Bool {
            try failed(place, broken).storage.close()
            try spoil(place, entry: 3, commands(1, 5))
            return storageError { try open(place, broken).close() }?.code == .damaged
        }

        /// D2: after the first failure nothing is written.
        static func failureIsFinal(_ place: TemporaryDirectory, _ broken: MutationSwitch) throws -> Bool {
            let storage = try failed(place, broken).storage
            defer { storage.close() }
            return storageError { try storage.commit([StorageBatch(group: .first, hardState: hardState(2))]) } != nil
        }

        /// L8: whatever a commit returned for is there at the next start.
        static func returnedMeansDurable(_ place: TemporaryDirectory, _ broken: MutationSwitch) throws -> Bool {
            let (storage, error) = try failed(place, broken)
            storage.close()
            return try place.recovered().terms.last.index == 6 || error != nil
        }

        /// D4: entries that would use up the reserve are refused.
        static func reserveIsKept(_ place: TemporaryDirectory, _ broken: MutationSwitch) throws -> Bool {
            let fault = FailureTests.Fault()
            let storage = try open(place, broken, fault)
            defer { storage.close() }
            fault.set(.allocate, ENOSPC)
            let large = StorageBatch(group: .first, entries: commands(1, 100, size: 20_000))
            return storageError { try storage.commit([large]) }?.code == .full
        }
    }
#endif
