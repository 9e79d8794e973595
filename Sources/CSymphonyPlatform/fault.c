// What a test orders of the processes it starts: to end, to stop or to fail at a deed that it names
// by role, kind and number; and the record of all deeds. Only sy_fault_orders is seen from outside:
// the program that is deployed gets the one of fault_stub.c in its place when it is linked, and then
// nothing of this file is in it.
//
// SYMPHONY_FAULTS names the test's directory. In it: `orders`, a line each, "ROLE KIND NUMBER ACT"
// (KIND may be *, and A/B is the first B behind the NUMBERth A of a process; ACT is kill, stop, power, errno=N or errno=NxTIMES); `counts`, which the processes
// count in together; `trace`, a line for each deed; `era`, which stands for the id of the boot.
#define _GNU_SOURCE
#include "CSymphonyPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROLES = 3, KINDS = 63, ORDERS = 32, PATH_ROOM = 4096 };
enum act { KILL, STOP, POWER, FAIL };

struct order {
  char role[16], kind[32];
  // In the same memory as `kind`: what comes first; NULL: nothing has to.
  const char *then;
  int has_come;
  unsigned long long number, times;
  enum act act;
  int error;
};

static struct {
  struct sy_fault_orders shown;
  struct order orders[ORDERS];
  int order_count, keeps_old, trace, is_wanted;
  // Of each role: all deeds that orders for any kind count, then those of each kind.
  _Atomic uint64_t (*counts)[1 + KINDS];
  char directory[PATH_ROOM], era[128];
  long long era_since;
  int role;
} faults;

static const char *const acts[] = {"kill", "stop", "power", "errno"};
static const char *const roles[ROLES] = {"command", "tick", "worker"};

// A test that orders what cannot be carried out must not pass.
static void refuse(const char *why) {
  dprintf(2, "symphony-fault-orders: %s: %s\n", faults.directory, why);
  _exit(70);
}

static void path_of(char *path, const char *name) {
  if (snprintf(path, PATH_ROOM, "%s/%s", faults.directory, name) >= PATH_ROOM) refuse("too long");
}

static void read_order(const char *line) {
  char act[32];
  if (faults.order_count == ORDERS) refuse("too many orders");
  struct order *order = &faults.orders[faults.order_count++];
  order->times = 1;
  if (sscanf(line, "%15s %31s %llu %31s", order->role, order->kind, &order->number, act) != 4)
    refuse(line);
  char *slash = strchr(order->kind, '/');
  if (slash != NULL) {
    *slash = 0;
    order->then = slash + 1;
  }
  if (strcmp(act, "kill") == 0) {
    order->act = KILL;
  } else if (strcmp(act, "stop") == 0) {
    order->act = STOP;
  } else if (strcmp(act, "power") == 0) {
    order->act = POWER;
    faults.keeps_old = 1;
  } else if (sscanf(act, "errno=%dx%llu", &order->error, &order->times) >= 1) {
    order->act = FAIL;
  } else {
    refuse(line);
  }
}

static int reach(int kind, const char *name, const char *what, const char *more, int is_counted);
static void take_role(const char *name) {
  for (int role = 0; role < ROLES; role++)
    if (strcmp(roles[role], name) == 0) faults.role = role;
}

static void begin(void) {
  char path[PATH_ROOM], line[256];
  const char *directory = getenv("SYMPHONY_FAULTS");
  if (directory == NULL || *directory == 0) return;
  snprintf(faults.directory, sizeof faults.directory, "%s", directory);
  path_of(path, "counts");
  int counts = open(path, O_RDWR | O_CLOEXEC);
  size_t size = sizeof(uint64_t) * ROLES * (1 + KINDS);
  struct stat found;
  if (counts < 0 || fstat(counts, &found) != 0 || (size_t)found.st_size < size) refuse("no counts");
  void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, counts, 0);
  close(counts);
  if (mapped == MAP_FAILED) refuse("counts cannot be mapped");
  faults.counts = mapped;
  path_of(path, "trace");
  int trace = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  // Clear of the numbers that are handed to children.
  faults.trace = fcntl(trace, F_DUPFD_CLOEXEC, 200);
  close(trace);
  if (faults.trace < 0) refuse("no trace");
  path_of(path, "orders");
  FILE *orders = fopen(path, "re");
  while (orders != NULL && fgets(line, sizeof line, orders) != NULL) read_order(line);
  if (orders != NULL) fclose(orders);
  path_of(path, "era");
  FILE *era = fopen(path, "re");
  if (era != NULL) {
    struct stat facts;
    if (fgets(faults.era, sizeof faults.era, era) == NULL) refuse("an empty era");
    if (fstat(fileno(era), &facts) == 0) faults.era_since = (long long)facts.st_mtime * 1000;
    fclose(era);
  }
  faults.shown = (struct sy_fault_orders){reach, take_role, *faults.era ? faults.era : NULL, faults.era_since};
  faults.is_wanted = 1;
}

const struct sy_fault_orders *sy_fault_orders(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, begin);
  return faults.is_wanted ? &faults.shown : NULL;
}

// What leaves everything as it is is no deed: a directory that is there, a file that is not.
static int changes_nothing(const char *kind, const char *what) {
  struct stat found;
  int makes = strcmp(kind, "create") == 0 || strcmp(kind, "folder") == 0;
  if (!makes && strcmp(kind, "remove") != 0) return 0;
  return (lstat(what, &found) == 0) == makes;
}

// A second name for what a rename or a removal takes away, so that a power loss can bring it back.
static uint64_t keep_old(const char *kind, const char *what, const char *more) {
  static _Atomic uint64_t next = 1;
  char name[64], path[PATH_ROOM];
  int is_rename = strcmp(kind, "rename") == 0;
  if (!faults.keeps_old || (!is_rename && strcmp(kind, "remove") != 0)) return 0;
  uint64_t number = (uint64_t)getpid() * 1000000 + next++;
  snprintf(name, sizeof name, "old/%llu", (unsigned long long)number);
  path_of(path, name);
  return link(is_rename ? more : what, path) == 0 ? number : 0;
}

// Tabs divide a line of the trace, and a name may hold anything.
static void put(char *line, size_t *length, size_t room, const char *text) {
  for (; *text != 0 && *length + 2 < room; text++)
    line[(*length)++] = (unsigned char)*text < 0x20 ? '?' : *text;
  line[(*length)++] = '\t';
}

// `of_all`: 0 for a kind that orders for any kind leave out.
static const struct order *ordered(const char *kind, uint64_t of_kind, uint64_t of_all) {
  for (int index = 0; index < faults.order_count; index++) {
    struct order *order = &faults.orders[index];
    if (strcmp(order->role, roles[faults.role]) != 0) continue;
    if (order->has_come && strcmp(order->then, kind) == 0) return order;
    uint64_t number = strcmp(order->kind, "*") == 0 ? of_all
                      : strcmp(order->kind, kind) == 0 ? of_kind : 0;
    if (number < order->number || number - order->number >= order->times) continue;
    if (order->then == NULL) return order;
    order->has_come = 1;
  }
  return NULL;
}

static int reach(int kind, const char *name, const char *what, const char *more, int is_counted) {
  char path[PATH_ROOM], number[32], line[3 * PATH_ROOM];
  int before = errno;
  // Without power nobody does anything.
  path_of(path, "power");
  if (faults.keeps_old && access(path, F_OK) == 0) kill(getpid(), SIGKILL);
  if (changes_nothing(name, what)) {
    errno = before;
    return 0;
  }
  if (kind < 0 || kind >= KINDS) refuse(name);
  _Atomic uint64_t *counts = faults.counts[faults.role];
  uint64_t of_kind = atomic_fetch_add(&counts[1 + kind], 1) + 1;
  uint64_t of_all = is_counted ? atomic_fetch_add(&counts[0], 1) + 1 : 0;
  const struct order *order = ordered(name, of_kind, of_all);
  size_t length = 0;
  put(line, &length, sizeof line, roles[faults.role]);
  snprintf(number, sizeof number, "%llu", (unsigned long long)of_all);
  put(line, &length, sizeof line, number);
  snprintf(number, sizeof number, "%d", (int)getpid());
  put(line, &length, sizeof line, number);
  put(line, &length, sizeof line, name);
  put(line, &length, sizeof line, order == NULL ? "-" : acts[order->act]);
  snprintf(number, sizeof number, "%llu", (unsigned long long)keep_old(name, what, more));
  put(line, &length, sizeof line, number);
  put(line, &length, sizeof line, what);
  put(line, &length, sizeof line, more);
  line[length - 1] = '\n';
  if (write(faults.trace, line, length) != (ssize_t)length) refuse("the trace cannot be written");
  errno = before;
  if (order == NULL) return 0;
  switch (order->act) {
    case POWER: close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); kill(getpid(), SIGKILL); break;
    case KILL: kill(getpid(), SIGKILL); break;
    case STOP: kill(getpid(), SIGSTOP); break;
    case FAIL: return order->error;
  }
  return 0;
}
