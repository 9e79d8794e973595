// One HTTP exchange by the machine's own libcurl (7.29 or later), which is loaded when the first
// request is made: git speaks HTTP through the same library, so that it is there wherever git can
// reach a server, and both then agree about certificates. The build needs neither its headers nor a
// second TLS library. Proxies, redirects and retries are decided above: everything that libcurl would
// do by itself is switched off here.
#include "CSymphonyPlatform.h"
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

// Numbers and signatures from curl/curl.h, where they are part of the binary interface: long, pointer,
// function and 64-bit options begin at 0, 10000, 20000 and 30000.
enum {
  OPTION_WRITEDATA = 10001, OPTION_URL = 10002, OPTION_PROXY = 10004, OPTION_PROXYUSERPWD = 10006,
  OPTION_ERRORBUFFER = 10010, OPTION_POSTFIELDS = 10015, OPTION_HTTPHEADER = 10023,
  OPTION_HEADERDATA = 10029, OPTION_CUSTOMREQUEST = 10036, OPTION_NOBODY = 44, OPTION_POST = 47,
  OPTION_CAINFO = 10065, OPTION_FRESH_CONNECT = 74, OPTION_FORBID_REUSE = 75,
  OPTION_HTTP_VERSION = 84, OPTION_NOSIGNAL = 99, OPTION_ACCEPT_ENCODING = 10102,
  OPTION_TIMEOUT_MS = 155, OPTION_CONNECTTIMEOUT_MS = 156, OPTION_NOPROXY = 10177,
  OPTION_PROTOCOLS = 181, OPTION_SUPPRESS_CONNECT_HEADERS = 265, OPTION_HEADEROPT = 229,
  OPTION_WRITEFUNCTION = 20011, OPTION_HEADERFUNCTION = 20079,
  OPTION_POSTFIELDSIZE_LARGE = 30120, OPTION_OPENSOCKETFUNCTION = 20163,
  OPTION_OPENSOCKETDATA = 10164, OPTION_PREREQFUNCTION = 20312, OPTION_PREREQDATA = 10313,
  INFO_RESPONSE_CODE = 0x200002, INFO_CONNECT_CODE = 0x200016, INFO_OS_ERROR = 0x200019,
  HTTP_1_1 = 2, HTTP_AND_HTTPS = 3, HEADERS_SEPARATE = 1, GLOBAL_DEFAULT = 3,
  GOT_NOTHING = 52, OUT_OF_MEMORY = 27, BAD_SOCKET = -1,
};
typedef void curl_handle;
struct curl_slist;
static struct {
  int (*curl_global_init)(long);
  curl_handle *(*curl_easy_init)(void);
  int (*curl_easy_setopt)(curl_handle *, int, ...);
  int (*curl_easy_perform)(curl_handle *);
  int (*curl_easy_getinfo)(curl_handle *, int, ...);
  void (*curl_easy_reset)(curl_handle *);
  void (*curl_easy_cleanup)(curl_handle *);
  struct curl_slist *(*curl_slist_append)(struct curl_slist *, const char *);
  void (*curl_slist_free_all)(struct curl_slist *);
} curl;

static int is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  // Debian's git is linked with the one that uses GnuTLS, other distributions' with the plain one.
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) continue;
#define FIND(name) ((*(void **)&curl.name = dlsym(library, #name)) != NULL)
    if (FIND(curl_global_init) && FIND(curl_easy_init) && FIND(curl_easy_setopt) &&
        FIND(curl_easy_perform) && FIND(curl_easy_getinfo) && FIND(curl_easy_reset) &&
        FIND(curl_easy_cleanup) && FIND(curl_slist_append) && FIND(curl_slist_free_all) &&
        curl.curl_global_init(GLOBAL_DEFAULT) == 0) {
      is_loaded = 1;
      return;
    }
#undef FIND
    dlclose(library);
  }
}

void *sy_http_open(void) {
  pthread_once(&once, load);
  return is_loaded ? curl.curl_easy_init() : NULL;
}

void sy_http_close(void *handle) {
  if (handle) curl.curl_easy_cleanup(handle);
}

// Appends, within a limit of bytes; 0: it cannot.
static int append(struct sy_bytes *to, const void *bytes, size_t length, size_t limit) {
  if (length > limit || to->length > limit - length) return 0;
  if (to->length + length > to->capacity) {
    size_t wanted = to->capacity ? to->capacity * 2 : 16384;
    while (wanted < to->length + length) wanted *= 2;
    void *larger = realloc(to->start, wanted);
    if (!larger) return 0;
    to->start = larger;
    to->capacity = wanted;
  }
  memcpy(to->start + to->length, bytes, length);
  to->length += length;
  return 1;
}

struct exchange {
  const struct sy_http_request *request;
  struct sy_http_answer *answer;
  // Bytes of the body so far, kept or not.
  size_t received;
  // The request is on its way; and a second connection was wanted for it then.
  int is_sent, is_lost;
};

struct curl_sockaddr {
  int family, socktype, protocol;
  unsigned int length;
  struct sockaddr address;
};

// Called when a connection is there and before the request goes out (7.80 or later).
static int note_sent(void *context, char *server, char *own, int server_port, int own_port) {
  (void)server, (void)own, (void)server_port, (void)own_port;
  ((struct exchange *)context)->is_sent = 1;
  return 0;
}

// libcurl repeats a request whose connection was used before and ends without an answer. Whether
// anything is asked again is for a tick to decide: there is no second connection for it.
static int open_socket(void *context, int purpose, struct curl_sockaddr *to) {
  struct exchange *exchange = context;
  (void)purpose;
  if (exchange->is_sent) {
    exchange->is_lost = 1;
    return BAD_SOCKET;
  }
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

// Called for each line, also for those of a proxy and of interim answers: the last head counts.
static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
  struct exchange *exchange = context;
  struct sy_http_answer *answer = exchange->answer;
  size_t length = size * count;
  if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) answer->head.length = 0;
  // Trailers follow the body: nothing asks for any.
  if (answer->body.length > 0) return length;
  if (append(&answer->head, bytes, length, exchange->request->head_limit)) return length;
  answer->is_too_large = 1;
  return 0;
}

// Leaves the last bytes, at most so many.
static void cut_to_tail(struct sy_bytes *bytes, size_t tail) {
  if (bytes->length <= tail) return;
  memmove(bytes->start, bytes->start + bytes->length - tail, tail);
  bytes->length = tail;
}

// Appends to what is known of the end, of which no more than twice the wanted part is held; 0: it cannot.
static int append_tail(struct sy_bytes *to, const char *bytes, size_t length, size_t tail) {
  if (length > tail) {
    bytes += length - tail;
    length = tail;
  }
  if (to->length + length > 2 * tail) cut_to_tail(to, tail);
  return append(to, bytes, length, 2 * tail);
}

// Called with what was unpacked.
static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  struct exchange *exchange = context;
  const struct sy_http_request *request = exchange->request;
  struct sy_bytes *body = &exchange->answer->body;
  size_t length = size * count;
  if (length <= request->body_limit - exchange->received) {
    exchange->received += length;
    if (request->body_tail ? append_tail(body, bytes, length, request->body_tail)
                           : append(body, bytes, length, request->body_limit))
      return length;
  }
  exchange->answer->is_too_large = 1;
  return 0;
}

static int set_up(curl_handle *handle, const struct sy_http_request *request,
                  struct exchange *exchange, struct curl_slist *headers) {
  int code = 0;
#define SET(option, value) (code = code ? code : curl.curl_easy_setopt(handle, option, value))
  SET(OPTION_URL, request->url);
  SET(OPTION_CUSTOMREQUEST, request->method);
  SET(OPTION_HTTPHEADER, headers);
  SET(OPTION_HTTP_VERSION, (long)HTTP_1_1);
  SET(OPTION_PROTOCOLS, (long)HTTP_AND_HTTPS);
  SET(OPTION_NOSIGNAL, 1L);
  SET(OPTION_ACCEPT_ENCODING, "gzip, deflate");
  SET(OPTION_CONNECTTIMEOUT_MS, request->connect_milliseconds);
  SET(OPTION_TIMEOUT_MS, request->milliseconds);
  // An empty one: none, whatever the environment says.
  SET(OPTION_PROXY, request->proxy ? request->proxy : "");
  SET(OPTION_NOPROXY, "");
  if (request->proxy_user) SET(OPTION_PROXYUSERPWD, request->proxy_user);
  if (request->trust) SET(OPTION_CAINFO, request->trust);
  if (strcmp(request->method, "HEAD") == 0) SET(OPTION_NOBODY, 1L);
  if (request->body) {
    SET(OPTION_POST, 1L);
    SET(OPTION_POSTFIELDSIZE_LARGE, (int64_t)request->body_length);
    SET(OPTION_POSTFIELDS, request->body);
  }
  if (request->is_alone) {
    SET(OPTION_FRESH_CONNECT, 1L);
    SET(OPTION_FORBID_REUSE, 1L);
  }
  SET(OPTION_HEADERDATA, exchange);
  SET(OPTION_HEADERFUNCTION, take_head);
  SET(OPTION_WRITEDATA, exchange);
  SET(OPTION_WRITEFUNCTION, take_body);
  SET(OPTION_ERRORBUFFER, exchange->answer->words);
  SET(OPTION_OPENSOCKETDATA, exchange);
  SET(OPTION_OPENSOCKETFUNCTION, open_socket);
#undef SET
  // Older libraries do not have these: the last head counts, their proxies see headers that only
  // plain requests have, and they repeat what is not alone on its connection.
  curl.curl_easy_setopt(handle, OPTION_PREREQDATA, exchange);
  curl.curl_easy_setopt(handle, OPTION_PREREQFUNCTION, note_sent);
  curl.curl_easy_setopt(handle, OPTION_SUPPRESS_CONNECT_HEADERS, 1L);
  curl.curl_easy_setopt(handle, OPTION_HEADEROPT, (long)HEADERS_SEPARATE);
  return code;
}

static void perform(curl_handle *handle, struct sy_http_answer *answer) {
  // A TLS library may write to a connection that is gone.
  sigset_t pipe, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  answer->code = curl.curl_easy_perform(handle);
  if (!sigismember(&before, SIGPIPE)) {
    struct timespec none = {0, 0};
    sigtimedwait(&pipe, NULL, &none);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  curl.curl_easy_getinfo(handle, INFO_RESPONSE_CODE, &answer->status);
  curl.curl_easy_getinfo(handle, INFO_CONNECT_CODE, &answer->connect_status);
  curl.curl_easy_getinfo(handle, INFO_OS_ERROR, &answer->os_error);
}

void sy_http_send(
    void *handle, const struct sy_http_request *request, struct sy_http_answer *answer) {
  memset(answer, 0, sizeof *answer);
  struct exchange exchange = {request, answer, 0, 0, 0};
  struct curl_slist *headers = NULL;
  for (size_t i = 0; i < request->header_count; i++) {
    struct curl_slist *longer = curl.curl_slist_append(headers, request->headers[i]);
    if (!longer) {
      curl.curl_slist_free_all(headers);
      answer->code = OUT_OF_MEMORY;
      return;
    }
    headers = longer;
  }
  answer->code = set_up(handle, request, &exchange, headers);
  if (answer->code == 0) perform(handle, answer);
  if (exchange.is_lost) answer->code = GOT_NOTHING;
  if (request->body_tail) cut_to_tail(&answer->body, request->body_tail);
  // Its connection stays; what this request set does not.
  curl.curl_easy_reset(handle);
  curl.curl_slist_free_all(headers);
}

void sy_http_free(struct sy_http_answer *answer) {
  free(answer->head.start);
  free(answer->body.start);
  memset(answer, 0, sizeof *answer);
}
