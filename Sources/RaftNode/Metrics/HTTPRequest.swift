/// The head of an HTTP/1 request, as far as it matters here: its method and what it is for.
struct HTTPRequest: Equatable {
    var method: String
    /// Without a query.
    var path: String
}

/// Takes in the head of one request. What comes behind it is nobody's: a connection carries one.
struct HTTPRequestHead {
    enum Progress: Equatable {
        case incomplete
        case request(HTTPRequest)
        case refused(HTTPStatus)
    }

    static let maximumBytes = 8192

    private var bytes: [UInt8] = []

    mutating func append(_ more: some Collection<UInt8>) -> Progress {
        // The end may lie across what was there.
        let start = max(0, bytes.count - 3)
        bytes += more.prefix(Self.maximumBytes + 4 - bytes.count)
        guard let end = Self.end(in: bytes, from: start) else {
            return bytes.count < Self.maximumBytes + 4 ? .incomplete : .refused(.headTooLarge)
        }
        return Self.parse(bytes[..<end])
    }

    /// Where the empty line begins that ends the head.
    private static func end(in bytes: [UInt8], from start: Int) -> Int? {
        var position = start
        while position + 4 <= bytes.count {
            if bytes[position..<position + 4].elementsEqual([13, 10, 13, 10]) { return position }
            position += 1
        }
        return nil
    }

    private static func parse(_ head: ArraySlice<UInt8>) -> Progress {
        guard head.allSatisfy({ $0 == 13 || $0 == 10 || $0 == 9 || (32...126).contains($0) || $0 >= 128 }) else {
            return .refused(.badRequest)
        }
        let lines = String(decoding: head, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\r\n" })
        guard lines.dropFirst().allSatisfy(isField) else { return .refused(.badRequest) }
        let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].utf8.allSatisfy({ (65...90).contains($0) }),
            words[1].hasPrefix("/"), !words[1].utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 9 })
        else { return .refused(.badRequest) }
        guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
            return .refused(words[2].hasPrefix("HTTP/") ? .versionNotSupported : .badRequest)
        }
        return .request(
            HTTPRequest(method: String(words[0]), path: String(words[1].prefix { $0 != "?" && $0 != "#" })))
    }

    /// `Name: value`; a line that goes on in the next one is none.
    private static func isField(_ line: Substring) -> Bool {
        let name = line.prefix { $0 != ":" }
        return !name.isEmpty && name.endIndex < line.endIndex && name.utf8.allSatisfy { (33...126).contains($0) }
            && !line.utf8.contains { $0 == 13 || $0 == 10 }
    }
}

/// How a request ends.
struct HTTPStatus: Equatable {
    let code: Int
    let reason: String

    static let ok = HTTPStatus(code: 200, reason: "OK")
    static let badRequest = HTTPStatus(code: 400, reason: "Bad Request")
    static let notFound = HTTPStatus(code: 404, reason: "Not Found")
    static let methodNotAllowed = HTTPStatus(code: 405, reason: "Method Not Allowed")
    static let timedOut = HTTPStatus(code: 408, reason: "Request Timeout")
    static let headTooLarge = HTTPStatus(code: 431, reason: "Request Header Fields Too Large")
    static let unavailable = HTTPStatus(code: 503, reason: "Service Unavailable")
    static let versionNotSupported = HTTPStatus(code: 505, reason: "HTTP Version Not Supported")

    /// A whole response, after which the connection is closed.
    /// - Parameter includesBody: false for HEAD, whose answer says how long the body would be.
    func response(_ body: String, type: String = "text/plain; charset=utf-8", includesBody: Bool = true) -> String {
        let allowed = self == .methodNotAllowed ? "Allow: GET, HEAD\r\n" : ""
        return "HTTP/1.1 \(code) \(reason)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(allowed)"
            + "Cache-Control: no-store\r\nConnection: close\r\n\r\n" + (includesBody ? body : "")
    }
}
