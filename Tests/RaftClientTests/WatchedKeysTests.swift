import RaftKeyValue
import Testing

@testable import raftctl

@Suite("raftctl watch tells what has changed between two looks")
struct WatchedKeysTests {
    private var keys = WatchedKeys()

    private mutating func look(_ parts: [[String: String]]) -> [String] {
        var lines: [String] = []
        for (number, part) in parts.enumerated() {
            let entries = part.sorted { $0.key < $1.key }.map {
                KeyValueEntry(key: Array($0.key.utf8), value: Array($0.value.utf8))
            }
            for change in keys.add(entries, isLast: number == parts.count - 1) {
                let key = String(decoding: change.key, as: UTF8.self)
                lines.append(change.value.map { key + "=" + String(decoding: $0, as: UTF8.self) } ?? key)
            }
        }
        return lines
    }

    @Test("What is new, what has another value and what is gone, in the order of the keys")
    mutating func changes() {
        #expect(look([["b": "1", "d": "1"]]) == ["b=1", "d=1"])
        #expect(look([["b": "1", "d": "1"]]) == [])
        #expect(look([["a": "1", "b": "2", "c": "1"]]) == ["a=1", "b=2", "c=1", "d"])
        #expect(look([[:]]) == ["a", "b", "c"])
        #expect(look([[:]]) == [])
        #expect(look([["b": "2"]]) == ["b=2"])
    }

    @Test("A look in parts finds the same, where a key at the end of a part is gone too")
    mutating func parts() {
        #expect(look([["a": "1", "b": "1"], ["c": "1", "d": "1"]]) == ["a=1", "b=1", "c=1", "d=1"])
        #expect(look([["a": "1"], ["c": "2"], ["e": "1"]]) == ["b", "c=2", "d", "e=1"])
        #expect(look([["a": "1"], [:]]) == ["c", "e"])
    }

    @Test("A look that came to no end neither forgets nor repeats")
    mutating func abandoned() {
        _ = look([["a": "1", "b": "1", "c": "1"]])
        #expect(keys.add([KeyValueEntry(key: Array("b".utf8), value: Array("2".utf8))], isLast: false).count == 2)
        keys.abandonLook()
        #expect(look([["b": "2", "c": "1"]]) == [])
        #expect(look([["b": "2"]]) == ["c"])
    }
}
