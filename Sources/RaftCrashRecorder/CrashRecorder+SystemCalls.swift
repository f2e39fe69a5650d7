import CRaftCrashRecorder
public import RaftTesting

extension CrashRecorder {
    /// Notes the calls of this process. Linking this module into an executable puts its definitions of `open`, `pwrite`,
    /// `fsync` and so on before libc's, in the executable and in every shared library it uses; without a recording they
    /// only pass on.
    public static var systemCalls: CrashRecorder {
        CrashRecorder { directory in
            guard let pointer = raft_crash_begin(directory) else { return nil }
            let recording = Recording(pointer: pointer, directory: directory)
            return CallRecording(
                calls: { recording.calls }, fail: { recording.fail($0) }, stop: { recording.stop() })
        }
    }
}

/// A recording that runs.
private struct Recording: @unchecked Sendable {
    // The pointer is given to functions only that may be called from any thread, and not after `stop`.
    let pointer: OpaquePointer
    let directory: String

    var calls: [FileCall] {
        (0..<raft_crash_count(pointer)).map { FileCall(raft_crash_get(pointer, $0), in: directory) }
    }

    func fail(_ fault: CallFault?) {
        switch fault {
        case nil: raft_crash_fail(pointer, raft_crash_no_fault, 0)
        case .once(let after): raft_crash_fail(pointer, raft_crash_fails_once, after)
        case .noRoom(let after): raft_crash_fail(pointer, raft_crash_no_room, after)
        case .shortWrite(let after): raft_crash_fail(pointer, raft_crash_short_write, after)
        case .noGrowth: raft_crash_fail(pointer, raft_crash_no_growth, 0)
        }
    }

    func stop() { raft_crash_end(pointer) }
}

extension FileCall {
    /// - Parameter directory: what paths are relative to.
    fileprivate init(_ call: raft_crash_call, in directory: String) {
        func relative(_ path: UnsafePointer<CChar>?) -> String {
            guard let path else { return "" }
            let whole = String(cString: path)
            guard whole.hasPrefix(directory + "/") else { return whole == directory ? "" : whole }
            return String(whole.dropFirst(directory.count + 1))
        }
        let offset = Int(call.offset)
        let kind: Kind =
            switch call.kind {
            case raft_crash_create: .create
            case raft_crash_write:
                .write(
                    offset: offset, bytes: [UInt8](UnsafeBufferPointer(start: call.bytes, count: call.length)),
                    isDurable: call.durable != 0)
            case raft_crash_resize: .resize(offset)
            case raft_crash_sync: .sync
            case raft_crash_sync_directory: .syncDirectory
            case raft_crash_sync_all: .syncAll
            case raft_crash_rename: .rename(to: relative(call.other))
            case raft_crash_remove: .remove
            case raft_crash_make_directory: .makeDirectory
            case raft_crash_link: .link(as: relative(call.other))
            case raft_crash_failed: .failed(FailedCall(raft_crash_kind(UInt32(call.offset))))
            default: .unknown
            }
        self.init(kind, file: call.file, path: relative(call.path))
    }
}

extension FailedCall {
    fileprivate init(_ kind: raft_crash_kind) {
        switch kind {
        case raft_crash_write: self = .write
        case raft_crash_resize: self = .resize
        case raft_crash_sync: self = .sync
        case raft_crash_sync_directory: self = .syncDirectory
        default: self = .name
        }
    }
}
