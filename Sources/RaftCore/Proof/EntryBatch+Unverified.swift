extension EntryBatch {
    /// The entries of `other` with other bytes, which nobody has checked: for tests that damage what they know.
    package init(unverified bytes: [UInt8], like other: EntryBatch) {
        precondition(bytes.count == other.byteCount, "damage keeps the size")
        let start = other.storage.offsets[Int(other.lower)]
        let offsets = other.storage.offsets[Int(other.lower)...Int(other.upper)].map { $0 - start }
        self.init(
            storage: Storage(bytes: bytes, offsets: offsets, firstIndex: other.firstIndex), lower: 0,
            upper: other.count)
    }
}
