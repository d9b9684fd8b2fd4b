#include "perf/watched_calls.h"

#include <dlfcn.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cerrno>
#include <csignal>
#include <cstddef>

#include "dataplane/wire/require.h"

namespace tandem6::perf {
namespace {

thread_local WatchedCalls* watched = nullptr;

void note(Call call, const void* caller, long number = -1) {
  if (watched == nullptr) return;
  WatchedCalls::Kind& kind = (*watched)[call];
  if (kind.count++ != 0) return;
  kind.first = caller;
  kind.number = number;
}

/// The function that this program's own stands in front of.
template <typename Function>
Function* behind(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void on_system_call(int, siginfo_t* info, void* context) {
  note(Call::kSystem, info->si_call_addr, info->si_syscall);
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
}

}  // namespace

void watch_calls(WatchedCalls* into) { watched = into; }

void forbid_system_calls() {
  struct sigaction action{};
  action.sa_sigaction = on_system_call;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  require(sigaction(SIGSYS, &action, nullptr) == 0, "SIGSYS can be caught");
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = sizeof program / sizeof program[0], .filter = program};
  require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "the process can give up privileges");
  require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "the kernel has seccomp");
}

}  // namespace tandem6::perf

// --- in front of the C library's ------------------------------------------------------------------------------------

using tandem6::perf::Call;

extern "C" {

// glibc's own, under the names that it keeps for this.
// NOLINTBEGIN(bugprone-reserved-identifier)
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
// NOLINTEND(bugprone-reserved-identifier)

void* malloc(size_t size) {
  tandem6::perf::note(Call::kAllocation, __builtin_return_address(0));
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  tandem6::perf::note(Call::kAllocation, __builtin_return_address(0));
  return __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  tandem6::perf::note(Call::kAllocation, __builtin_return_address(0));
  return __libc_realloc(memory, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  tandem6::perf::note(Call::kAllocation, __builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  tandem6::perf::note(Call::kAllocation, __builtin_return_address(0));
  *memory = __libc_memalign(alignment, size);
  return *memory != nullptr ? 0 : ENOMEM;
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static auto* const real = tandem6::perf::behind<int(pthread_mutex_t*)>("pthread_mutex_lock");
  tandem6::perf::note(Call::kLock, __builtin_return_address(0));
  return real(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  static auto* const real = tandem6::perf::behind<int(pthread_mutex_t*)>("pthread_mutex_trylock");
  tandem6::perf::note(Call::kLock, __builtin_return_address(0));
  return real(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  static auto* const real = tandem6::perf::behind<int(pthread_rwlock_t*)>("pthread_rwlock_rdlock");
  tandem6::perf::note(Call::kLock, __builtin_return_address(0));
  return real(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  static auto* const real = tandem6::perf::behind<int(pthread_rwlock_t*)>("pthread_rwlock_wrlock");
  tandem6::perf::note(Call::kLock, __builtin_return_address(0));
  return real(lock);
}

int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  static auto* const real = tandem6::perf::behind<int(pthread_spinlock_t*)>("pthread_spin_lock");
  tandem6::perf::note(Call::kLock, __builtin_return_address(0));
  return real(lock);
}

}  // extern "C"
