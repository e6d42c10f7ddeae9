// What Swift's Glibc module leaves out: epoll, eventfd, accept4, futex, affinity, malloc_trim, socket filters, program
// headers.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// An address of IPv6, or one of IPv4 in its form, as two numbers; zero for other kinds of socket.
struct upconv_address {
  uint64_t high;
  uint64_t low;
};

/// accept4 with SOCK_NONBLOCK and SOCK_CLOEXEC, and the address of the other end.
int upconv_accept(int listener, struct upconv_address *peer);
/// getsockname without the port.
int upconv_local_address(int socket, struct upconv_address *local);
/// Lets a listening socket drop every SYN from here on, without a word: handshakes that have begun are still completed,
/// and a client whose SYN was dropped sends it again after a second. Answers 0, or -1 with errno.
int upconv_drop_new_connections(int listener);
/// epoll_ctl with the caller's 64-bit token as the event's data.
int upconv_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);
/// The token of an event: glibc packs the struct, so its union is read here.
uint64_t upconv_epoll_token(const struct epoll_event *event);
/// Gives memory that was freed back to the system, where the C library can (glibc's malloc_trim).
void upconv_release_free_memory(void);
/// Returns the count that `upconv_gate_open` raises; all writes before it was raised are visible.
uint32_t upconv_gate_count(const uint32_t *gate);
/// Sleeps while the count is `seen`. May return early, so the caller looks again (futex(2), FUTEX_WAIT_PRIVATE).
void upconv_gate_wait(const uint32_t *gate, uint32_t seen);
/// Raises the count and wakes every thread that sleeps on it.
void upconv_gate_open(uint32_t *gate);
/// Returns the processor that the calling thread runs on, or -1 if the kernel does not tell.
int upconv_processor(void);
/// Returns how many processors the calling thread may run on (sched_getaffinity), or -1 with errno.
int upconv_allowed_processors(void);
/// Moves the calling thread to a processor outside of `avoided` that its affinity allows, and restores the affinity.
/// Returns 0, or -1 if no such processor exists or the kernel refuses.
int upconv_leave_processors(const int *avoided, size_t count);
