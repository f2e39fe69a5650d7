/// Columns as wide as their widest cell, two spaces apart.
struct TextTable {
    private let heads: [String]
    private var rows: [[String]] = []

    init(_ heads: String...) { self.heads = heads }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    var text: String {
        var widths = heads.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() where column < widths.count {
                widths[column] = max(widths[column], cell.count)
            }
        }
        var text = ""
        for row in [heads] + rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                // Nothing trails the last cell.
                if column + 1 < row.count, column < widths.count {
                    line += String(repeating: " ", count: widths[column] - cell.count + 2)
                }
            }
            text += line + "\n"
        }
        return text
    }
}
