import RaftCore
import RaftTesting
import Testing

#if TestBuild
    /// Failures are planted with the switches of the mutation list.
    @Suite("Narrowing a failure down")
    struct ShrinkingTests {
        /// The first failure with several faults before it, among a few short seeds.
        private func failure(with rule: Mutation) throws -> SimulationFailure {
            for seed: UInt64 in 1...40 {
                do {
                    _ = try SeedRun.run(seed, requirements: .short, mutation: rule)
                } catch  where error.faults.count >= 6 {
                    return error
                } catch {}
            }
            throw NothingFailed()
        }

        private struct NothingFailed: Error {}

        @Test(
            "Few faults are left, the same property fails, and the selection brings the failure back, bit for bit",
            arguments: [Mutation.forgetAbandonedProposals, .commitBeforeCheck])
        func shrink(rule: Mutation) throws {
            let failure = try failure(with: rule)
            var shrinker = FailureShrinker(failure, requirements: .short, mutation: rule)
            let shrunk = shrinker.shrink()
            #expect(2 * shrunk.faults.count <= failure.faults.count, "seed \(failure.seed)")
            #expect(shrunk.end <= failure.end && shrunk.property == failure.property)
            do {
                _ = try SeedRun.run(
                    failure.seed, requirements: .short, mutation: rule, selection: shrunk.selection)
                Issue.record("seed \(failure.seed) does not fail with \(shrunk.selection)")
            } catch {
                #expect(error.fingerprint == shrunk.fingerprint && error.what == shrunk.what)
            }
        }

        @Test("The whole plan with the end of its failure gives that failure")
        func sameEnd() throws {
            let failure = try failure(with: .commitBeforeCheck)
            do {
                _ = try SeedRun.run(
                    failure.seed, requirements: .short, mutation: .commitBeforeCheck, selection: failure.selection)
                Issue.record("seed \(failure.seed) does not fail with \(failure.selection)")
            } catch {
                #expect(error.fingerprint == failure.fingerprint && error.what == failure.what)
            }
        }
    }
#endif
