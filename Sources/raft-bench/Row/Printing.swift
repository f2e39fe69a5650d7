import Glibc

/// Writes out what was printed so far.
func flush() { fflush(nil) }
