// For accept4, sched_getcpu and processor sets.
#define _GNU_SOURCE
#include "CLinux.h"

#include <limits.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct upconv_address number_of(const struct sockaddr_storage *address) {
  struct upconv_address number = {0, 0};
  if (address->ss_family == AF_INET) {
    number.low = 0xFFFFULL << 32 | ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
  } else if (address->ss_family == AF_INET6) {
    const unsigned char *bytes = ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr;
    for (int index = 0; index < 8; index++) number.high = number.high << 8 | bytes[index];
    for (int index = 8; index < 16; index++) number.low = number.low << 8 | bytes[index];
  }
  return number;
}

int upconv_accept(int listener, struct upconv_address *peer) {
  struct sockaddr_storage address;
  memset(&address, 0, sizeof address);
  socklen_t length = sizeof address;
  int connection = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  *peer = number_of(&address);
  return connection;
}

int upconv_local_address(int socket, struct upconv_address *local) {
  struct sockaddr_storage address;
  memset(&address, 0, sizeof address);
  socklen_t length = sizeof address;
  int result = getsockname(socket, (struct sockaddr *)&address, &length);
  *local = number_of(&address);
  return result;
}

int upconv_drop_new_connections(int listener) {
  // A filter of a TCP socket sees segments from their TCP header on; its flags are octet 13 (RFC 9293 §3.1).
  enum { SYN = 0x02, ACK = 0x10 };
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN | ACK),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int upconv_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

uint64_t upconv_epoll_token(const struct epoll_event *event) { return event->data.u64; }

void upconv_release_free_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

uint32_t upconv_gate_count(const uint32_t *gate) { return __atomic_load_n(gate, __ATOMIC_SEQ_CST); }

void upconv_gate_wait(const uint32_t *gate, uint32_t seen) {
  syscall(SYS_futex, gate, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

void upconv_gate_open(uint32_t *gate) {
  __atomic_fetch_add(gate, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, gate, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

int upconv_processor(void) { return sched_getcpu(); }

int upconv_allowed_processors(void) {
  cpu_set_t allowed[16384 / CPU_SETSIZE] = {};
  if (sched_getaffinity(0, sizeof allowed, allowed) != 0) return -1;
  return CPU_COUNT_S(sizeof allowed, allowed);
}

int upconv_leave_processors(const int *avoided, size_t count) {
  // Room for 16,384 processors, more than Linux can be built for.
  cpu_set_t allowed[16384 / CPU_SETSIZE] = {}, wanted[16384 / CPU_SETSIZE];
  if (sched_getaffinity(0, sizeof allowed, allowed) != 0) return -1;
  memcpy(wanted, allowed, sizeof allowed);
  for (size_t index = 0; index < count; index++)
    if (avoided[index] >= 0) CPU_CLR_S((size_t)avoided[index], sizeof wanted, wanted);
  if (CPU_COUNT_S(sizeof wanted, wanted) == 0 || sched_setaffinity(0, sizeof wanted, wanted) != 0) return -1;
  return sched_setaffinity(0, sizeof allowed, allowed);
}
