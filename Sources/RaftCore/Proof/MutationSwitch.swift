/// Which rule a part of a node outside the core breaks on purpose: none, but in test builds.
///
/// A module that carries one asks it by an internal `breaks` of its own, which the optimiser sees through: nothing across
/// modules is inlined.
package struct MutationSwitch: Sendable {
    #if TestBuild
        package var rule: Mutation?

        package init(_ rule: Mutation?) { self.rule = rule }
    #endif

    package init() {}
}
