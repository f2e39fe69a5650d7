import Foundation

/// Prometheus' text format 0.0.4, read strictly: what that allows and a careful writer never writes is refused too, such as
/// timestamps, empty lines, comments, and metrics without help or type.
struct PrometheusExposition {
    struct Series: Hashable {
        var name: String
        var labels: [String: String] = [:]
    }

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// By name of the family.
    private(set) var types: [String: String] = [:]
    private(set) var values: [Series: Double] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Malformed(description: "the last line has no end") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()[...]
        while !lines.isEmpty { try readFamily(&lines) }
        for (family, type) in types where type == "histogram" { try checkHistogram(family) }
    }

    subscript(name: String, labels: [String: String]) -> Double? { values[Series(name: name, labels: labels)] }
    subscript(name: String) -> Double? { self[name, [:]] }

    /// What may only rise: counters, and all of a histogram.
    var rising: [Series: Double] {
        values.filter { series, _ in
            types[series.name] == "counter" || types[series.name] == nil
        }
    }

    private mutating func readFamily(_ lines: inout ArraySlice<Substring>) throws {
        let help = lines.removeFirst().split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard help.count == 4, help[0] == "#", help[1] == "HELP", !help[3].isEmpty else {
            throw Malformed(description: "no family begins with “\(help.joined(separator: " "))”")
        }
        let name = String(help[2])
        let type = lines.popFirst()?.split(separator: " ", omittingEmptySubsequences: false) ?? []
        guard type.count == 4, type[0..<3] == ["#", "TYPE", help[2]], types[name] == nil,
            ["counter", "gauge", "histogram"].contains(String(type[3])), Self.isName(name)
        else { throw Malformed(description: "\(name) has no type, a wrong one or another name, or comes twice") }
        types[name] = String(type[3])
        let suffixes = type[3] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        var count = 0
        while let line = lines.first, !line.hasPrefix("#") {
            let (series, value) = try Self.sample(lines.removeFirst())
            guard suffixes.contains(where: { name + $0 == series.name }) else {
                throw Malformed(description: "\(line) stands in the family \(name)")
            }
            guard values.updateValue(value, forKey: series) == nil else {
                throw Malformed(description: "\(line) comes twice")
            }
            guard type[3] != "counter" || (value >= 0 && value.isFinite) else {
                throw Malformed(description: "\(line) is no count")
            }
            count += 1
        }
        guard count > 0 else { throw Malformed(description: "\(name) has no samples") }
    }

    /// `name{label="value",…} number`
    private static func sample(_ line: Substring) throws -> (Series, Double) {
        func malformed(_ why: String) -> Malformed { Malformed(description: "“\(line)”: \(why)") }
        var rest = line
        var series = Series(name: String(rest.prefix { $0 != "{" && $0 != " " }))
        guard isName(series.name) else { throw malformed("no name") }
        rest = rest.dropFirst(series.name.count)
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = String(rest.prefix { $0 != "=" })
                rest = rest.dropFirst(label.count)
                guard isName(label), !label.contains(":"), rest.hasPrefix("=\"") else { throw malformed("no label") }
                rest = rest.dropFirst(2)
                var value = ""
                while let next = rest.first, next != "\"" {
                    rest = rest.dropFirst()
                    guard next == "\\" else {
                        value.append(next)
                        continue
                    }
                    switch rest.popFirst() {
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    case "n": value.append("\n")
                    default: throw malformed("nothing is escaped like that")
                    }
                }
                guard rest.popFirst() == "\"", series.labels.updateValue(value, forKey: label) == nil else {
                    throw malformed("a label without an end, or twice")
                }
            } while rest.first == ","
            guard rest.popFirst() == "}" else { throw malformed("labels without an end") }
        }
        guard rest.popFirst() == " ", !rest.isEmpty, !rest.contains(" ") else { throw malformed("no single value") }
        if rest == "+Inf" { return (series, .infinity) }
        guard let value = Double(rest), value.isFinite, !rest.hasPrefix("+") else { throw malformed("no number") }
        return (series, value)
    }

    private static func isName(_ text: String) -> Bool {
        text.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil
    }

    /// Its buckets rise to its count.
    private func checkHistogram(_ family: String) throws {
        let all = values.filter { $0.key.name.hasPrefix(family + "_") }
        let groups = Dictionary(grouping: all) { entry in entry.key.labels.filter { $0.key != "le" } }
        for (labels, samples) in groups {
            let buckets = samples.filter { $0.key.name == family + "_bucket" }.map { sample in
                let le = sample.key.labels["le"] ?? ""
                return (le: le == "+Inf" ? Double.infinity : Double(le) ?? .nan, count: sample.value)
            }.sorted { $0.le < $1.le }
            let count = self[family + "_count", labels]
            guard buckets.count > 1, !buckets.contains(where: \.le.isNaN), buckets.last?.le == .infinity,
                buckets.last?.count == count, zip(buckets, buckets.dropFirst()).allSatisfy({ $0.count <= $1.count }),
                let sum = self[family + "_sum", labels], sum >= 0, count == 0 ? sum == 0 : true,
                samples.count == buckets.count + 2
            else { throw Malformed(description: "\(family) \(labels) is no histogram") }
        }
    }
}
