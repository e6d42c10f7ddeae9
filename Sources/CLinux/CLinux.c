// For accept4.
#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>
#include <sys/socket.h>

int upconv_accept(int listener) {
  return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
