import RaftCore

extension MutationSwitch {
    /// Whether this storage breaks the rule on purpose. Always false but in test builds.
    @inline(__always)
    func breaks(_ rule: Mutation) -> Bool {
        #if TestBuild
            self.rule == rule
        #else
            false
        #endif
    }
}
