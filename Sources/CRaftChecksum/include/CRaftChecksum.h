#ifndef C_RAFT_CHECKSUM_H
#define C_RAFT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected, initial and final value inverted) of `count` bytes at `bytes`, continuing from
/// `seed`: pass 0 to begin, or the result for the bytes before these. Uses the processor's own instruction where it
/// has one, and tables (slicing by eight) elsewhere. Both give the same result. Safe to call from any thread.
uint32_t raft_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The table-driven form, whatever the processor: for tests that hold the two against each other.
uint32_t raft_crc32c_portable(uint32_t seed, const void *bytes, size_t count);

#endif
