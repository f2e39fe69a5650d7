/// Finds what somebody may have meant.
enum Suggestion {
    /// The candidate nearest to `name`, or nil when none is near.
    static func nearest(to name: String, among candidates: [String]) -> String? {
        // A long name may be wrong in more places than a short one.
        let limit = max(2, name.count / 4)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            var distance = distance(folded(name), folded(candidate))
            // The right key without its section, or in the wrong one.
            if last(name) == last(candidate), last(name).count > 3 { distance = min(distance, 2) }
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// Without what people mix up: case, hyphens, underscores.
    private static func folded(_ name: String) -> [Character] {
        name.lowercased().filter { $0 != "_" && $0 != "-" }.prefix(100).map(\.self)
    }

    private static func last(_ name: String) -> String {
        String(folded(name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name))
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 1...left.count {
            var row = [i] + Array(repeating: 0, count: right.count)
            for j in 1...right.count {
                let replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
                row[j] = min(replaced, last[j] + 1, row[j - 1] + 1)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
