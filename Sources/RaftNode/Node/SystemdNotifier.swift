#if Journald
    import CSystemd
#endif

/// Tells the service manager how far the node is, where there is one that asked (`NOTIFY_SOCKET`).
enum SystemdNotifier {
    /// The node serves.
    static func ready(_ status: String) { send("READY=1\nSTATUS=\(status.onOneLine)") }

    /// The node shuts down.
    static func stopping() { send("STOPPING=1") }

    private static func send(_ state: String) {
        #if Journald
            // Without NOTIFY_SOCKET it does nothing. A failure changes nothing for the node: systemd's time-out tells.
            _ = sd_notify(0, state)
        #endif
    }
}
