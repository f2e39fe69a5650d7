internal import Glibc

#if Journald
    internal import CSystemd
#endif

/// The machine's journal, through libsystemd.
struct SystemJournal: JournalWriter {
    private static let socket = "/run/systemd/journal/socket"

    /// Whether libsystemd is built in and journald's socket is there.
    static var isAvailable: Bool {
        #if Journald
            access(socket, W_OK) == 0
        #else
            false
        #endif
    }

    /// Blocks for as long as journald stands still.
    func write(_ record: JournalRecord) -> Bool {
        #if Journald
            // Without the socket libsystemd reports success and loses the record: asked every time, since journald may
            // come and go. The check costs a microsecond, the record some twenty.
            guard Self.isAvailable else { return false }
            return record.bytes.withUnsafeBytes { bytes -> Bool in
                guard let base = bytes.baseAddress else { return false }
                var start = 0
                let items = record.ends.map { end -> iovec in
                    defer { start = end }
                    // libsystemd only reads; iovec has no form for that.
                    return iovec(iov_base: UnsafeMutableRawPointer(mutating: base + start), iov_len: end - start)
                }
                return sd_journal_sendv(items, CInt(items.count)) >= 0
            }
        #else
            false
        #endif
    }
}
