import Foundation

/// What the machine allows for a row, composed from parts that are measured just before the row itself.
///
/// All clients that fit into one batch move in step, since each has one operation outstanding, so
///
/// ```
/// batch   = as many operations as there are clients, at most what one request of a mebibyte holds
/// write   = client round trip + peer round trip + sync of the batch, all nodes syncing at once, + two wake-ups
/// read    = client round trip + peer round trip, to hear that the leader still leads (§8)
/// limit   = the lower of
///           batch / (share of writes × write + share of reads × read)
///           1 / (mailbox + copies): processor time of one operation
/// ```
///
/// - client round trip: over a socket, with the batch's bytes one way; only with `processes`, else 0.
/// - peer round trip: the same; 0 with transport `memory`.
/// - sync: one `fdatasync` of the batch's bytes, appended to a file; 0 with storage `memory`. The same bytes written in
///   place are measured too, and printed, but a log that grows cannot do that for long.
/// - paged: what the sync becomes for a tree of pages that are copied on write, like LMDB's: pages, `fdatasync`, then the
///   meta page synchronously. Not part of the limit: it says how much of the distance to it is the tree's own.
/// - wake-ups: to the thread that may wait for the disk, and back; 0 with storage `memory`.
/// - mailbox: a lock, a batch drained, copies into each log, a continuation resumed (`MailboxProbe`).
/// - copies: into and out of each socket on the way to the leader and on to the others, spread over all cores.
///
/// A round trip is the faster of threads that block in `read` and in `poll`. What the formula leaves out makes it a bound that
/// cannot be reached: parsing, checksums, consensus itself, and that all nodes share the processors.
struct Limit: Sendable {
    struct Part: Sendable {
        /// As it stands in JSON.
        var name: String
        var value: JSON
    }

    var operationsPerSecond: Double
    var parts: [Part] = []

    /// Nothing was measured, so that nothing runs but the row.
    static let unmeasured = Limit(operationsPerSecond: 0)
    var isMeasured: Bool { !parts.isEmpty }

    var json: JSON { .object(parts.map { ($0.name, $0.value) }) }

    /// - Parameter directory: where the row's nodes will write.
    static func measure(_ parameters: BenchParameters, in directory: WorkDirectory) async throws -> Limit {
        let seconds = min(0.25, parameters.duration / 8)
        let batch = min(parameters.clients, max(1, (1 << 20) / parameters.size))
        let bytes = batch * parameters.size
        var limit = Limit(operationsPerSecond: 0)
        limit.add("batch_operations", .integer(batch))
        limit.add("batch_bytes", .integer(bytes))

        // Processor time.
        let mailbox = await MailboxProbe(clients: parameters.clients, size: parameters.size, nodes: parameters.nodes)
            .run(seconds: seconds)
        limit.add("mailbox_ops_s", .number(mailbox, 0))
        let copyRate = MachineProbes.copyRate(seconds: 0.02)
        limit.add("copy_bytes_s", .number(copyRate, 0))
        let wakeUp = try MachineProbes.wakeUp(seconds: seconds / 2)
        limit.add("wake_up_us", microseconds(wakeUp))
        let peerHops = parameters.transport == .memory ? 0 : parameters.nodes - 1
        let hops = peerHops + (parameters.level == .processes ? 1 : 0)
        let copies = Double(2 * hops * parameters.size) / copyRate
        let processor = 1 / (1 / mailbox + copies / Double(coreCount))
        limit.add("processor_ops_s", .number(processor, 0))

        // Waiting.
        var clientTrip = 0.0
        var peerTrip = 0.0
        var sync = 0.0
        if parameters.level == .processes {
            clientTrip = try limit.roundTrip("client", isTCP: false, bytes, seconds)
        }
        if parameters.transport != .memory {
            peerTrip = try limit.roundTrip("peer", isTCP: parameters.transport == .tcp, bytes, seconds)
        }
        if parameters.storage == .lmdb {
            let probe = SyncProbe(directory: directory.path, writers: parameters.nodes, bytes: bytes)
            let append = try probe.run(.append, seconds: seconds)
            let overwrite = try probe.run(.overwrite, seconds: seconds)
            limit.add("append_fdatasync_us", microseconds(append))
            limit.add("overwrite_fdatasync_us", microseconds(overwrite))
            limit.add("durable_appends_s", .number(Double(batch) / append, 0))
            sync = append + 2 * wakeUp
            let paged = try probe.run(.pagedCommit, seconds: seconds)
            limit.add("paged_commit_us", microseconds(paged))
            limit.add(
                "paged_limit_ops_s",
                .number(
                    min(
                        Double(batch) / (clientTrip + peerTrip + (1 - parameters.readRatio) * (paged + 2 * wakeUp)),
                        processor),
                    0))
        }
        let cycle = clientTrip + peerTrip + (1 - parameters.readRatio) * sync
        limit.add("cycle_us", microseconds(cycle))
        limit.operationsPerSecond = cycle > 0 ? min(Double(batch) / cycle, processor) : processor
        return limit
    }

    private mutating func add(_ name: String, _ value: JSON) { parts.append(Part(name: name, value: value)) }

    private static var coreCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
    private static func microseconds(_ seconds: Double) -> JSON { .number(seconds * 1e6, 1) }

    private mutating func roundTrip(
        _ name: String, isTCP: Bool, _ bytes: Int, _ seconds: Double
    ) throws -> Double {
        let probe = SocketProbe(isTCP: isTCP, bytes: bytes)
        let blocking = try probe.run(.blocking, seconds: seconds / 2)
        let polling = try probe.run(.polling, seconds: seconds / 2)
        add("\(name)_round_trip_blocking_us", Self.microseconds(blocking))
        add("\(name)_round_trip_polling_us", Self.microseconds(polling))
        return min(blocking, polling)
    }

    /// A part that is a number, by its name.
    func value(_ name: String) -> Double? {
        guard let part = parts.first(where: { $0.name == name }) else { return nil }
        return switch part.value {
        case .number(let value, _): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
}
