import RaftCore

/// One of the two pages at the start of an LMDB file that say where everything is; commits write them in turn.
///
/// Layout of the file format that liblmdb 0.9 writes (data version 1) on 64-bit little-endian machines. A page starts
/// with 16 bytes: page number (8), padding (2), flags (2), then for tables the ends of free space (2, 2), for a run of
/// overflow pages its length (4). A meta page goes on with magic (4), data version (4), address (8), map size (8), the
/// roots of the table of free pages and of the main table (48 each), last page (8), transaction (8).
struct MetaPage: Hashable, Sendable {
    static let magic: UInt32 = 0xBEEF_C0DE
    static let dataVersion: UInt32 = 1
    /// Bytes of a page that hold all of the above.
    static let size = PageHeader.size + 136

    var pageSize: Int
    var mapSize: UInt64
    var free: TableRoot
    var main: TableRoot
    var lastPage: UInt64
    var transaction: UInt64

    /// Nil when the bytes are no meta page that this release reads.
    init?(_ page: UnsafeRawBufferPointer) {
        guard page.count >= Self.size else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: page[PageHeader.size..<Self.size])
        guard PageHeader(page).flags & PageHeader.meta != 0, body.number(0, UInt32.self) == Self.magic,
            body.number(4, UInt32.self) == Self.dataVersion
        else { return nil }
        mapSize = body.number(16, UInt64.self)
        free = TableRoot(UnsafeRawBufferPointer(rebasing: body[24..<72]))
        main = TableRoot(UnsafeRawBufferPointer(rebasing: body[72..<120]))
        lastPage = body.number(120, UInt64.self)
        transaction = body.number(128, UInt64.self)
        // The page size stands where other tables have padding.
        pageSize = Int(free.padding)
        guard (512...65536).contains(pageSize), pageSize & (pageSize - 1) == 0 else { return nil }
        guard lastPage >= 1, lastPage < 1 << 46 else { return nil }
    }
}

/// Where a table is and how large it is.
struct TableRoot: Hashable, Sendable {
    static let size = 48
    static let nowhere = UInt64.max

    var padding: UInt32
    var flags: UInt16
    var depth: UInt16
    var branchPages: UInt64
    var leafPages: UInt64
    var overflowPages: UInt64
    var entries: UInt64
    var root: UInt64

    /// - Parameter bytes: 48 of them.
    init(_ bytes: UnsafeRawBufferPointer) {
        padding = bytes.number(0, UInt32.self)
        flags = bytes.number(4, UInt16.self)
        depth = bytes.number(6, UInt16.self)
        branchPages = bytes.number(8, UInt64.self)
        leafPages = bytes.number(16, UInt64.self)
        overflowPages = bytes.number(24, UInt64.self)
        entries = bytes.number(32, UInt64.self)
        root = bytes.number(40, UInt64.self)
    }
}

/// The start of a page.
struct PageHeader: Sendable {
    static let size = 16
    static let branch: UInt16 = 0x01
    static let leaf: UInt16 = 0x02
    static let overflow: UInt16 = 0x04
    static let meta: UInt16 = 0x08

    var number: UInt64
    var flags: UInt16
    /// Where the offsets of the nodes end.
    var lower: Int
    /// Where the nodes begin.
    var upper: Int
    /// The length of a run of overflow pages, in the place of the two above.
    var run: UInt64

    /// - Parameter page: at least 16 bytes.
    init(_ page: UnsafeRawBufferPointer) {
        number = page.number(0, UInt64.self)
        flags = page.number(10, UInt16.self)
        lower = Int(page.number(12, UInt16.self))
        upper = Int(page.number(14, UInt16.self))
        run = UInt64(page.number(12, UInt32.self))
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian number at `offset`, which the caller has checked to be inside.
    @inline(__always)
    func number<Value: FixedWidthInteger>(_ offset: Int, _ type: Value.Type) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
