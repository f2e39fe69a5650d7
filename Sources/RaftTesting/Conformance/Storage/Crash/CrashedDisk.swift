/// A disk that replays recorded calls, some of them lost or torn: what a directory holds after a crash.
struct CrashedDisk {
    /// What became of a call that no sync covers.
    enum Fate: Hashable, Sendable {
        case kept
        case lost
        /// Only so many bytes from its start arrived.
        case cutTo(Int)
        /// Only what is behind so many bytes arrived.
        case missing(first: Int)
        /// The file grew, and zeros came in the place of the bytes.
        case zeroed
    }

    /// By path; the numbers are ours, for the system gives those of removed files to others.
    private var names: [String: Int] = [:]
    private var directories: Set<String> = []
    private var files: [Int: [UInt8]] = [:]
    /// The system's numbers of the files at the present place in the recording.
    private var numbers: [UInt64: Int] = [:]
    private var nextNumber = 0

    /// - Parameter inodes: of each file in the image.
    init(_ image: DirectoryImage, inodes: [String: UInt64]) {
        directories = Set(image.directories)
        for (path, bytes) in image.files {
            files[nextNumber] = bytes
            names[path] = nextNumber
            if let inode = inodes[path] { numbers[inode] = nextNumber }
            nextNumber += 1
        }
    }

    var image: DirectoryImage {
        DirectoryImage(directories: Array(directories), files: names.compactMapValues { files[$0] })
    }

    /// By path, the system's number of each file.
    var inodes: [String: UInt64] {
        var found: [Int: UInt64] = [:]
        for (inode, number) in numbers { found[number] = inode }
        return names.compactMapValues { found[$0] }
    }

    mutating func replay(_ call: FileCall, _ fate: Fate) {
        switch call.kind {
        case .create:
            // The file is there even when its name is lost: others may know it by its number.
            files[nextNumber] = []
            numbers[call.file] = nextNumber
            if fate == .kept { names[call.path] = nextNumber }
            nextNumber += 1
        case .write(let offset, let bytes, _): write(bytes, at: offset, to: call.file, fate)
        case .resize(let size):
            guard fate == .kept, let number = numbers[call.file] else { return }
            resize(number, to: size)
        case .rename(let other) where fate == .kept: rename(call.path, to: other)
        case .remove where fate == .kept:
            names[call.path] = nil
            directories.remove(call.path)
        case .makeDirectory where fate == .kept: directories.insert(call.path)
        case .link(let other) where fate == .kept: names[other] = names[call.path]
        default: break
        }
    }

    private mutating func rename(_ path: String, to other: String) {
        if let number = names.removeValue(forKey: path) {
            names[other] = number
        } else if directories.remove(path) != nil {
            directories.insert(other)
            for (name, number) in names where name.hasPrefix(path + "/") {
                names[name] = nil
                names[other + name.dropFirst(path.count)] = number
            }
            for name in directories where name.hasPrefix(path + "/") {
                directories.remove(name)
                directories.insert(other + name.dropFirst(path.count))
            }
        }
    }

    private mutating func write(_ bytes: [UInt8], at offset: Int, to file: UInt64, _ fate: Fate) {
        guard let number = numbers[file] else { return }
        let part: Range<Int>
        switch fate {
        case .kept: part = 0..<bytes.count
        case .lost: return
        case .cutTo(let count): part = 0..<min(count, bytes.count)
        case .missing(let first): part = min(first, bytes.count)..<bytes.count
        case .zeroed: part = 0..<0
        }
        let end = offset + (fate == .zeroed ? bytes.count : part.upperBound)
        if end > files[number]?.count ?? 0 { resize(number, to: end) }
        // In place: the file is taken out, so that it is not copied for each call.
        guard var content = files.removeValue(forKey: number) else { return }
        content.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[(offset + part.lowerBound)..<(offset + part.upperBound)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[part]))
            }
        }
        files[number] = content
    }

    private mutating func resize(_ number: Int, to size: Int) {
        guard var content = files.removeValue(forKey: number) else { return }
        if size < content.count {
            content.removeLast(content.count - size)
        } else {
            content.append(contentsOf: [UInt8](repeating: 0, count: size - content.count))
        }
        files[number] = content
    }
}
