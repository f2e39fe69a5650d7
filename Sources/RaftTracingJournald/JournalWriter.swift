/// Where ``JournaldSink`` puts records: the journal, or a stand-in under test. Called on the sink's own thread, so that
/// it may block.
protocol JournalWriter: Sendable {
    /// Writes a record; `false` when there is no journal that takes it.
    func write(_ record: JournalRecord) -> Bool
}
