// Tells ThreadSanitizer of the mutexes that it cannot see.
//
// Synchronization.Mutex takes and frees an uncontended lock by atomic operations in the caller's own code, which the
// sanitizer watches. A contended lock is taken and handed on in libswiftSynchronization.so, which was built without it,
// so that whoever had to wait seems to enter without any lock: every state behind a contended Mutex is reported. This
// library is loaded before that one and says what happens there, at the lock's address: an acquire once the lock is
// taken, a release before it is freed. It hides nothing else.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// Weak: programs that have no sanitizer are started with this library too.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define SWIFTCALL __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

/// Synchronization._MutexHandle._lockSlow(_: UInt32)
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
SWIFTCALL void upconv_lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);

SWIFTCALL void upconv_lock_slow(uint32_t thread, SELF) {
  ((SWIFTCALL void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK_SLOW))(thread, self);
  if (__tsan_acquire) __tsan_acquire(self);
}

/// Synchronization._MutexHandle._tryLockSlow() -> Bool
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
SWIFTCALL bool upconv_try_lock_slow(SELF) __asm__(TRY_LOCK_SLOW);

SWIFTCALL bool upconv_try_lock_slow(SELF) {
  bool is_taken = ((SWIFTCALL bool (*)(SELF))dlsym(RTLD_NEXT, TRY_LOCK_SLOW))(self);
  if (is_taken && __tsan_acquire) __tsan_acquire(self);
  return is_taken;
}

/// Synchronization._MutexHandle._unlockSlow()
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
SWIFTCALL void upconv_unlock_slow(SELF) __asm__(UNLOCK_SLOW);

SWIFTCALL void upconv_unlock_slow(SELF) {
  if (__tsan_release) __tsan_release(self);
  ((SWIFTCALL void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK_SLOW))(self);
}
