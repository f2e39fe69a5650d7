// Storage.
extension EventKind {
    @inlinable public static var storageOpened: EventKind {
        EventKind(
            "raft.storage.opened", "7ec7dd30b0e54e378f577da2024213de", .info, "path count",
            "The data directory was opened.")
    }

    @inlinable public static var storageRecovered: EventKind {
        EventKind(
            "raft.storage.recovered", "394a0e27df564ed58d0d126fad40d881", .info, "term index group path",
            "The log and the hard state were read back and verified.")
    }

    @inlinable public static var storageFailed: EventKind {
        EventKind(
            "raft.storage.failed", "791a43e3227c4fbd96a2458c492be24d", .critical, "path reason",
            "The storage failed and was closed; check the disk, then restart the node.")
    }

    @inlinable public static var diskStalled: EventKind {
        EventKind(
            "raft.disk.stalled", "bd2badfaaaea400099d9385285513e46", .error, "reason",
            "The leader's disk did not finish a write in time, so another node is to lead; check the device.")
    }

    @inlinable public static var diskFull: EventKind {
        EventKind(
            "raft.disk.full", "5c9a82d47d7c3d3b7e2915071a57f9f2", .error, "reason",
            "The disk has no room for entries; reads and votes go on. Free space: the node then goes on by itself.")
    }

    @inlinable public static var diskRoom: EventKind {
        EventKind(
            "raft.disk.room", "c4c6c28291a6de45e5d3a75f4a044a16", .notice, "",
            "The disk has room again, and the node takes entries.")
    }

    @inlinable public static var storageRepaired: EventKind {
        EventKind(
            "raft.storage.repaired", "465bedbe66ed4e09b1d017464283fa0a", .notice, "path",
            "Damage in the storage was mended from the node's own copy, verified first.")
    }

    @inlinable public static var mapGrown: EventKind {
        EventKind(
            "raft.map.grown", "c1ad79f8113d4522ab9ad40bcde146a8", .info, "path bytes",
            "The storage's memory map was enlarged.")
    }

    @inlinable public static var markMissing: EventKind {
        EventKind(
            "raft.mark.missing", "851e16b0cfd180cf55fd8a5b64b70ed0", .warning, "path reason",
            "The mark that shows whether the data is complete was missing or damaged; it was made anew.")
    }
}
