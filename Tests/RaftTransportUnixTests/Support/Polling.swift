/// Looks again and again until `condition` holds or the time is over: for what happens on other threads.
/// - Returns: whether it held.
func eventually(
    within limit: Duration = .seconds(20), _ condition: @Sendable () async throws -> Bool
) async rethrows -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
        if try await condition() { return true }
        if clock.now >= deadline { return false }
        // Gives the processor away between two looks; nothing depends on how long.
        try? await clock.sleep(for: .milliseconds(1))
    }
}
