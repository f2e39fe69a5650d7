/// How large the parts of commands, queries and answers may be. What is larger is refused before it reaches the log.
public enum KeyValueLimits {
    /// The longest key, in bytes. The shortest is one byte.
    public static var keyBytes: Int { 4 << 10 }
    /// The longest value, in bytes.
    public static var valueBytes: Int { 1 << 20 }
    /// The most entries in one answer to a list.
    public static var listEntries: Int { 10_000 }
    /// The most bytes of keys and values in one answer to a list, unless its first entry alone is larger.
    public static var listBytes: Int { 1 << 20 }
}
