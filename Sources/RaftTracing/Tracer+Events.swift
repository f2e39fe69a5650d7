// The event functions, one per level. Each is inlined into its caller, across modules, and its body stands inside the
// conditions of the levels above it: with the trait `MaxTraceLevelInfo`, say, a call of `debug` leaves nothing behind,
// neither call nor closures nor strings. A package trait sets the compilation condition of its name.
extension Tracer {
    /// The lowest level that is compiled in; `nil` when none is.
    public static var compiledLevel: TraceLevel? {
        #if MaxTraceLevelNone
            nil
        #elseif MaxTraceLevelCritical
            .critical
        #elseif MaxTraceLevelError
            .error
        #elseif MaxTraceLevelWarning
            .warning
        #elseif MaxTraceLevelNotice
            .notice
        #elseif MaxTraceLevelInfo
            .info
        #elseif MaxTraceLevelDebug
            .debug
        #else
            .trace
        #endif
    }

    /// Whether events of a level are compiled in: a constant, so that what only they need vanishes with them.
    @inlinable
    public static func isCompiledIn(_ level: TraceLevel) -> Bool {
        #if MaxTraceLevelNone
            false
        #elseif MaxTraceLevelCritical
            level >= .critical
        #elseif MaxTraceLevelError
            level >= .error
        #elseif MaxTraceLevelWarning
            level >= .warning
        #elseif MaxTraceLevelNotice
            level >= .notice
        #elseif MaxTraceLevelInfo
            level >= .info
        #elseif MaxTraceLevelDebug
            level >= .debug
        #else
            true
        #endif
    }

    /// Every step of the protocol. See ``TraceLevel/trace``.
    @inlinable
    public func trace<let count: Int>(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> InlineArray<count, TraceField> = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        #if !MaxTraceLevelDebug && !MaxTraceLevelInfo && !MaxTraceLevelNotice && !MaxTraceLevelWarning && !MaxTraceLevelError && !MaxTraceLevelCritical && !MaxTraceLevelNone
            if isEnabled(.trace) {
                record(.trace, kind, shows(.trace) ? message() : nil, fields().span, file, line, function)
            }
        #endif
    }

    /// What a developer wants to know. See ``TraceLevel/debug``.
    @inlinable
    public func debug<let count: Int>(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> InlineArray<count, TraceField> = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        #if !MaxTraceLevelInfo && !MaxTraceLevelNotice && !MaxTraceLevelWarning && !MaxTraceLevelError && !MaxTraceLevelCritical && !MaxTraceLevelNone
            if isEnabled(.debug) {
                record(.debug, kind, shows(.debug) ? message() : nil, fields().span, file, line, function)
            }
        #endif
    }

    /// What an operator may want to know. See ``TraceLevel/info``.
    @inlinable
    public func info<let count: Int>(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> InlineArray<count, TraceField> = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        #if !MaxTraceLevelNotice && !MaxTraceLevelWarning && !MaxTraceLevelError && !MaxTraceLevelCritical && !MaxTraceLevelNone
            if isEnabled(.info) {
                record(.info, kind, shows(.info) ? message() : nil, fields().span, file, line, function)
            }
        #endif
    }

    /// Normal but rare. See ``TraceLevel/notice``.
    @inlinable
    public func notice<let count: Int>(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> InlineArray<count, TraceField> = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        #if !MaxTraceLevelWarning && !MaxTraceLevelError && !MaxTraceLevelCritical && !MaxTraceLevelNone
            if isEnabled(.notice) {
                record(.notice, kind, shows(.notice) ? message() : nil, fields().span, file, line, function)
            }
        #endif
    }

    /// Something is not as it should be, and the node copes. See ``TraceLevel/warning``.
    @inlinable
    public func warning<let count: Int>(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> InlineArray<count, TraceField> = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        #if !MaxTraceLevelError && !MaxTraceLevelCritical && !MaxTraceLevelNone
            if isEnabled(.warning) {
                record(.warning, kind, shows(.warning) ? message() : nil, fields().span, file, line, function)
            }
        #endif
    }

    /// Something failed that was asked for. See ``TraceLevel/error``.
    @inlinable
    public func error<let count: Int>(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> InlineArray<count, TraceField> = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        #if !MaxTraceLevelCritical && !MaxTraceLevelNone
            if isEnabled(.error) {
                record(.error, kind, shows(.error) ? message() : nil, fields().span, file, line, function)
            }
        #endif
    }

    /// The node or its data is at stake. See ``TraceLevel/critical``.
    @inlinable
    public func critical<let count: Int>(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> InlineArray<count, TraceField> = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        #if !MaxTraceLevelNone
            if isEnabled(.critical) {
                record(.critical, kind, shows(.critical) ? message() : nil, fields().span, file, line, function)
            }
        #endif
    }

    /// An event whose kind or fields are known at run time only, at the kind's own level.
    @inlinable
    public func event(
        _ kind: EventKind,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> [TraceField] = [],
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        let level = kind.level
        guard Tracer.isCompiledIn(level), isEnabled(level) else { return }
        record(level, kind, shows(level) ? message() : nil, fields().span, file, line, function)
    }
}
