// Counts the allocations of each thread, for tests that promise none.
#pragma once

/// Allocations of the calling thread so far; -1 where they cannot be counted: under a sanitizer, which has its own
/// allocator, or with another C library than glibc.
long upconv_allocation_count(void);
