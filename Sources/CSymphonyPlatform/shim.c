// C functions that the Swift Glibc module does not show (it is built without _GNU_SOURCE). No
// policy here.
#define _GNU_SOURCE
#include "CSymphonyPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

short sy_spawn_setsid_flag(void) { return POSIX_SPAWN_SETSID; }
int sy_spawn_addclosefrom(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
int sy_spawn_addchdir(posix_spawn_file_actions_t *actions, const char *directory) {
  return posix_spawn_file_actions_addchdir_np(actions, directory);
}
int sy_set_child_subreaper(int on) { return prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0); }
int sy_punch_hole(int file, int64_t offset, int64_t length) {
  return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}
int sy_sync_filesystem(int descriptor) { return syncfs(descriptor); }
int sy_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
int sy_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
static int64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
int64_t sy_boottime_ns(void) { return nanoseconds(CLOCK_BOOTTIME); }
int64_t sy_monotonic_ns(void) { return nanoseconds(CLOCK_MONOTONIC); }
int64_t sy_filesystem_type(const char *path) {
  struct statfs found;
  return statfs(path, &found) == 0 ? (int64_t)found.f_type : -1;
}
int sy_random(void *buffer, size_t length) {
  unsigned char *next = buffer;
  while (length > 0) {
    ssize_t got = getrandom(next, length, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    next += got;
    length -= (size_t)got;
  }
  return 0;
}
int sy_memory_file(void) { return memfd_create("symphony", MFD_CLOEXEC | MFD_ALLOW_SEALING); }
int sy_seal(int descriptor) {
  return fcntl(descriptor, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}
int sy_is_sealed(int descriptor) {
  int seals = fcntl(descriptor, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_WRITE) != 0;
}
int sy_hide_process(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
long sy_leave_keyring(void) { return syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL); }
extern char **environ;
void sy_blank_environment(const char *name) {
  size_t length = strlen(name);
  for (char **entry = environ; entry && *entry; entry++) {
    if (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=') continue;
    // Written through a volatile pointer: nobody reads the bytes again, and they must go all the same.
    for (volatile char *next = *entry + length + 1; *next; next++) *next = '*';
  }
}
pid_t sy_lock_owner(int descriptor) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(descriptor, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return 0;
  return lock.l_pid;
}
int sy_own_lock(int descriptor) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(descriptor, F_SETLK, &lock);
}
static volatile sig_atomic_t raised = 0;
static volatile sig_atomic_t ending = 0;
static volatile sig_atomic_t wake = -1;

static struct {
  volatile sig_atomic_t taken;
  struct termios before;
  char farewell[128];
  size_t length;
  int known;
  // While the screen is taken, `errors` collects standard error; `screen` is its terminal; 0: none.
  int errors, screen;
} terminal;

static void note(int signal) {
  int error = errno;
  raised = signal;
  if (wake >= 0) {
    unsigned char number = (unsigned char)signal;
    ssize_t ignored = write(wake, &number, 1);
    (void)ignored;
  }
  // A program that is stuck, in a terminal that takes nothing perhaps, still comes to its end.
  if (wake >= 0 && signal != SIGWINCH && signal != SIGCONT && signal != SIGTSTP) {
    ending = signal;
    alarm(2);
  }
  errno = error;
}
void sy_wake_by(int descriptor) { wake = descriptor; }
int sy_watch_signal(int signal) {
  struct sigaction action = {.sa_handler = note, .sa_flags = wake >= 0 ? SA_RESTART : 0};
  sigemptyset(&action.sa_mask);
  return sigaction(signal, &action, NULL);
}

// The terminal is somebody else's.
static int is_in_background(void) {
  pid_t owner = tcgetpgrp(1);
  return owner > 0 && owner != getpgrp();
}
int sy_take_terminal(const char *greeting, const char *farewell) {
  // A stack that ran over leaves no room for the handler of its own trap.
  static char spare[1 << 16];
  const stack_t other = {.ss_sp = spare, .ss_size = sizeof spare};
  sigaltstack(&other, NULL);
  // A thread that blocks them would take the terminal of whoever is in the foreground.
  sigset_t waits;
  sigemptyset(&waits);
  sigaddset(&waits, SIGTTOU);
  sigaddset(&waits, SIGTTIN);
  pthread_sigmask(SIG_UNBLOCK, &waits, NULL);
  if (!terminal.known) {
    if (tcgetattr(0, &terminal.before) != 0) return -1;
    terminal.length = strlen(farewell);
    if (terminal.length >= sizeof terminal.farewell) {
      errno = EINVAL;
      return -1;
    }
    memcpy(terminal.farewell, farewell, terminal.length);
    terminal.known = 1;
  }
  struct termios keys = terminal.before;
  // Keys that make signals still do: what stops or ends a whole pipeline stops or ends this too.
  keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
  keys.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
  keys.c_cc[VMIN] = 1;
  keys.c_cc[VTIME] = 0;
  if (is_in_background()) {
    raise(SIGTTOU);
    // A shell that ends a stopped program sends SIGCONT too: give the ending signal time to arrive.
    usleep(20000);
    if (ending) {
      errno = EINTR;
      return -1;
    }
  }
  terminal.taken = 1;
  while (tcsetattr(0, TCSANOW, &keys) != 0) {
    if (errno == EINTR) continue;
    terminal.taken = 0;
    return -1;
  }
  if (isatty(2)) {
    if (terminal.errors == 0) terminal.errors = sy_memory_file();
    if (terminal.screen == 0) terminal.screen = fcntl(2, F_DUPFD_CLOEXEC, 3);
    if (terminal.errors > 0 && terminal.screen > 0) dup2(terminal.errors, 2);
  }
  ssize_t ignored = write(1, greeting, strlen(greeting));
  (void)ignored;
  return 0;
}
// Prints the last 4 KB of what went to standard error meanwhile, a failed precondition's words too.
static void tell_errors(int is_possible) {
  if (terminal.errors <= 0 || terminal.screen <= 0) return;
  dup2(terminal.screen, 2);
  char text[512];
  off_t end = lseek(terminal.errors, 0, SEEK_CUR);
  off_t place = end > 4096 ? end - 4096 : 0;
  for (ssize_t count; is_possible && place < end; place += count) {
    count = pread(terminal.errors, text, sizeof text, place);
    if (count <= 0 || write(2, text, (size_t)count) <= 0) break;
  }
  if (ftruncate(terminal.errors, 0) == 0) lseek(terminal.errors, 0, SEEK_SET);
}
void sy_give_back_terminal(void) {
  if (!terminal.taken) return;
  terminal.taken = 0;
  int error = errno;
  int is_ours = !is_in_background();
  struct pollfd room = {.fd = 1, .events = POLLOUT};
  int is_possible = poll(&room, 1, is_ours ? 1000 : 0) > 0;
  if (is_ours && is_possible) {
    int flags = fcntl(1, F_GETFL);
    if (flags >= 0) fcntl(1, F_SETFL, flags | O_NONBLOCK);
    ssize_t ignored = write(1, terminal.farewell, terminal.length);
    (void)ignored;
    if (flags >= 0) fcntl(1, F_SETFL, flags);
  }
  if (is_ours) tcsetattr(0, TCSANOW, &terminal.before);
  tell_errors(is_possible);
  errno = error;
}
int sy_take_signal(void) {
  int signal = raised;
  raised = 0;
  return signal;
}
int sy_peek_signal(void) { return raised; }

// Only what a signal handler may do: write(2) and _exit(2).
static void leave(const char *text, size_t length, int status) {
  ssize_t ignored = write(2, text, length);
  (void)ignored;
  _exit(status);
}
static void trapped(int signal) {
  static const char text[] =
      "symphony: error: a bug of ours ended this command\n"
      "symphony: hint: nothing was lost; please report it with the lines above\n";
  (void)signal;
  sy_give_back_terminal();
  leave(text, sizeof text - 1, 70);
}
static void overdue(int signal) {
  static const char text[] =
      "symphony: error: the tick missed its deadline and ended itself\n"
      "symphony: hint: the next tick goes on from what was committed\n";
  if (ending) {
    sy_give_back_terminal();
    _exit(128 + ending);
  }
  // No tick takes a terminal: somebody sent it, and it ends the program as others do.
  if (wake >= 0) {
    note(signal);
    return;
  }
  leave(text, sizeof text - 1, 1);
}
int sy_report_traps(void) {
  struct sigaction action = {.sa_handler = trapped, .sa_flags = SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  int failed = 0;
  struct sigaction late = {.sa_handler = overdue, .sa_flags = SA_RESTART};
  sigemptyset(&late.sa_mask);
  failed |= sigaction(SIGALRM, &late, NULL);
  const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    failed |= sigaction(signals[i], &action, NULL);
  }
  return failed;
}
