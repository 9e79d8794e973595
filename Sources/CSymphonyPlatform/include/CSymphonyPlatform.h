#ifndef CSYMPHONY_PLATFORM_H
#define CSYMPHONY_PLATFORM_H
#include <spawn.h>
#include <stdint.h>
#include <sys/types.h>

#include "fault.h"

/// Flag of posix_spawn that starts the child in a session of its own (posix_spawnattr_setflags(3)).
short sy_spawn_setsid_flag(void);
/// Closes every descriptor from `from` upward in the child.
int sy_spawn_addclosefrom(posix_spawn_file_actions_t *actions, int from);
/// Changes the child's working directory.
int sy_spawn_addchdir(posix_spawn_file_actions_t *actions, const char *directory);
/// Makes orphaned descendants children of this process (prctl(2), PR_SET_CHILD_SUBREAPER).
int sy_set_child_subreaper(int on);
/// Gives the blocks of a part of a file back, its size stays (fallocate(2), FALLOC_FL_PUNCH_HOLE).
int sy_punch_hole(int file, int64_t offset, int64_t length);
/// Writes all of a file system's changes to its disk (syncfs(2)), by a descriptor of anything on it.
int sy_sync_filesystem(int descriptor);
int sy_pidfd_open(pid_t pid);
int sy_pidfd_send_signal(int pidfd, int signal);
/// CLOCK_BOOTTIME and CLOCK_MONOTONIC in nanoseconds (clock_gettime(2)).
int64_t sy_boottime_ns(void);
int64_t sy_monotonic_ns(void);
/// The file system type of a path (statfs(2), f_type), or -1 with errno set.
int64_t sy_filesystem_type(const char *path);
/// Reads the kernel's random pool: 0 when `length` bytes were written, else errno.
int sy_random(void *buffer, size_t length);
/// An empty file that lies in memory and has no name (memfd_create(2)), close-on-exec; -1 with errno set.
int sy_memory_file(void);
/// Seals the memory file: no process, not even the caller, can change it (fcntl(2), F_ADD_SEALS).
int sy_seal(int descriptor);
int sy_is_sealed(int descriptor);
/// Makes /proc/PID/environ, mem and fd of this process root's, and keeps it out of core files and from
/// debuggers of its own user (prctl(2), PR_SET_DUMPABLE). A program that it executes begins anew.
int sy_hide_process(void);
/// Gives the process, and what it starts, a session keyring of its own: keys of the user's that nobody
/// else may read are out of their reach (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING). -1 where there are none.
long sy_leave_keyring(void);
/// Overwrites a variable's value where the process got it from the kernel: what /proc/PID/environ shows.
void sy_blank_environment(const char *name);
/// Takes the record lock that goes with a flock (fcntl(2), F_SETLK): unlike a flock it belongs to one
/// process, and the kernel tells others which.
int sy_own_lock(int descriptor);
/// The process that holds the record lock, as the kernel says; 0: none that can be seen.
pid_t sy_lock_owner(int descriptor);
/// Raised by the given signals, read and cleared by sy_take_signal: the last signal, or 0.
int sy_watch_signal(int signal);
int sy_take_signal(void);
int sy_peek_signal(void);
/// From now on each watched signal also writes its number, a byte, to a pipe that never blocks: poll(2)
/// then ends whichever thread the kernel chose. Interrupted calls go on.
void sy_wake_by(int descriptor);
/// Takes the terminal that standard input and output are: keys come at once and unseen (termios(3)), and
/// `greeting` is written to it. `farewell`, at most 127 bytes, is what sy_give_back_terminal writes; how the
/// terminal was is remembered from the first call. What comes to standard error meanwhile, where that is a
/// terminal too, is told afterwards. In the background it waits for the foreground. -1 with errno set: nothing was changed; EINTR:
/// the program is told to end.
int sy_take_terminal(const char *greeting, const char *farewell);
/// Gives a terminal that was taken back as it was; else does nothing. Does only what a signal handler may,
/// and waits for the terminal a second at most. A trap (sy_report_traps) does it by itself, and so does a
/// watched signal that ends programs when the program itself does not within 2 s.
void sy_give_back_terminal(void);
/// Turns a trap (a failed precondition) into exit status 70, and SIGALRM into 1, each with a line on stderr;
/// with a terminal that was taken, SIGALRM is a watched signal.
int sy_report_traps(void);
/// The answers of sy_rsa_sha256.
enum { SY_RSA_SIGNED, SY_RSA_NO_LIBRARY, SY_RSA_BAD_KEY, SY_RSA_NOT_SIGNED };
/// Signs `content` with the RSA private key of a PEM text: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017,
/// 8.2). `signature_length` is the room there is before, the signature's length after.
int sy_rsa_sha256(
    const void *pem, size_t pem_length, const void *content, size_t content_length,
    void *signature, size_t *signature_length);
/// A SHA-256 digest (FIPS 180-4) that grows; NULL where there is no libcrypto. The others take what it
/// returned; adding and ending answer -1 when libcrypto refuses. `value` has room for 32 bytes.
void *sy_sha256_begin(void);
int sy_sha256_add(void *digest, const void *bytes, size_t length);
int sy_sha256_end(void *digest, unsigned char *value);
void sy_sha256_free(void *digest);
/// Bytes that grow.
struct sy_bytes {
  unsigned char *start;
  size_t length, capacity;
};
/// One HTTP request. Texts end with a zero byte and are checked by the caller: no control characters.
struct sy_http_request {
  const char *method, *url;
  /// `Name: value` each; `Name:` leaves one out that libcurl would send by itself.
  const char *const *headers;
  size_t header_count;
  /// NULL: none.
  const void *body;
  size_t body_length;
  /// `http://host:port`, and `name:password`; NULL: none.
  const char *proxy, *proxy_user;
  /// A file of certificates to trust; NULL: the machine's own.
  const char *trust;
  /// Of the whole exchange, and of its beginning.
  long milliseconds, connect_milliseconds;
  /// Bytes, after unpacking.
  size_t head_limit, body_limit;
  /// Only the last bytes of the body are kept, so many; 0: all of them. `body_limit` holds all the same.
  size_t body_tail;
  /// On a connection of its own: libcurl repeats a request when a connection that it used before ends
  /// without an answer, and what writes must not be repeated.
  int is_alone;
};
struct sy_http_answer {
  /// A CURLcode (libcurl-errors(3)); 0: there is an answer.
  int code;
  /// The status; that of a proxy's answer to CONNECT; errno of a connection that failed. 0: none.
  long status, connect_status, os_error;
  /// The lines of the last head, and the body.
  struct sy_bytes head, body;
  int is_too_large;
  /// libcurl's words for what went wrong.
  char words[256];
};
/// A libcurl handle with its connections, for one thread at a time; NULL where there is no libcurl.
void *sy_http_open(void);
void sy_http_close(void *handle);
/// Carries out one exchange. `answer` is written anew, and is to be freed.
void sy_http_send(
    void *handle, const struct sy_http_request *request, struct sy_http_answer *answer);
void sy_http_free(struct sy_http_answer *answer);
#endif
