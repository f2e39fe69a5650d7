package import RaftMembership

extension EntryBatch {
    /// The entries of `other` with other bytes, which nobody has checked: for tests that damage what they know.
    package init(unverified bytes: [UInt8], like other: EntryBatch) {
        precondition(bytes.count == other.byteCount, "damage keeps the size")
        let start = other.storage.offsets[Int(other.lower)]
        let offsets = other.storage.offsets[Int(other.lower)...Int(other.upper)].map { $0 - start }
        self.init(
            storage: Storage(bytes: bytes, offsets: offsets, firstIndex: other.firstIndex, isPlain: false),
            lower: 0,
            upper: other.count)
    }

    /// `count` entries of which only the lengths were looked at: for the switch that breaks rule D3.
    package init(unverified bytes: [UInt8], firstIndex: LogIndex, count: Int) throws(EntryError) {
        var offsets: [UInt32] = [0]
        let damage: EntryError? = bytes.withUnsafeBytes { buffer in
            var offset = 0
            do throws(EntryError) {
                for _ in 0..<count {
                    offset += try EntryHeader(UnsafeRawBufferPointer(rebasing: buffer[offset...])).totalLength
                    guard offset <= buffer.count else { throw .truncated }
                    offsets.append(UInt32(offset))
                }
                return nil
            } catch {
                return error
            }
        }
        if let damage { throw damage }
        self.init(
            storage: Storage(bytes: bytes, offsets: offsets, firstIndex: firstIndex, isPlain: false),
            lower: 0, upper: count)
    }
}
