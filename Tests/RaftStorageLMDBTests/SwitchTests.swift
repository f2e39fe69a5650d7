#if TestBuild
    import RaftCore
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
            (.recoverUnverified, .damage), (.writeAfterFailedCommit, .failedCommit),
            (.ignoreFailedCommit, .failedCommit), (.ignoreDirtyFlag, .damageAfterFailure), (.ignoreFullDisk, .reserve),
            (.snapshotWithoutSync, .snapshotCrashes), (.forgetSnapshotBody, .snapshotCrashes),
        ]

        @Test(
            "A property of the conformance suite does not hold when its rule is broken on purpose (D1-D4, L7, L8, M10)",
            arguments: properties)
        func property(rule: Mutation, property: ConformanceProperty) async throws {
            let failure = await #expect(throws: ConformanceFailure.self, "\(rule) (\(rule.rule)) is not noticed") {
                try await ConformanceTests.suite(MutationSwitch(rule)).check(property)
            }
            #expect(failure?.property == property)
            // What ought to be seen, not that the broken one stumbled over itself.
            #expect(failure?.message.contains("an unexpected error came") == false, "\(failure?.message ?? "")")
        }

        @Test("Each switch of the storage is in the table here, and in the catalogue")
        func complete() {
            let broken = Self.properties.map(\.0)
            #expect(
                broken.allSatisfy { MutationCatalogue.modules[$0] != nil && !MutationCatalogue.simulated.contains($0) })
            for (rule, property) in Self.properties {
                #expect(MutationCatalogue.modules[rule]?.hasSuffix(", \(property)") == true)
            }
        }
    }
#endif
