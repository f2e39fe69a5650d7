extension StorageBatch {
    /// What belongs together, taken apart: for the switch that breaks rule L7.
    package var parts: [StorageBatch] {
        var log = self
        log.hardState = nil
        return [log, StorageBatch(group: group, hardState: hardState)]
    }
}
