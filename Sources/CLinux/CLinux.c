// For accept4.
#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/filter.h>
#include <malloc.h>
#include <sys/socket.h>

int upconv_accept(int listener) {
  return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
