// Runs a command again and again and prints what it cost, as one JSON object: wall time, CPU time
// (user and system, of the process and the children it waited for) and peak resident memory, each
// as minimum, median and maximum. Called by bench.sh. It judges nothing but the exit status.
//
//   measure [-w WARM_UPS] [-n RUNS] COMMAND [ARGUMENT...]
//
// The command's stdin and stdout are /dev/null. Exit 1 when one run fails, 64 on wrong usage.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_runs = 10000 };

static double samples[3][most_runs];

static double milliseconds(struct timeval t) { return t.tv_sec * 1e3 + t.tv_usec / 1e3; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print(const char *name, double *values, int count, const char *end) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  double median = (values[(count - 1) / 2] + values[count / 2]) / 2;
  printf("\"%s\":{\"min\":%.2f,\"median\":%.2f,\"max\":%.2f}%s", name, values[0], median,
         values[count - 1], end);
}

// Runs the command once; returns 0 when it ended with status 0.
static int run(char **command, double *wall, double *cpu, double *peak) {
  double start = now();
  pid_t child = fork();
  if (child < 0) {
    perror("measure: fork");
    return 1;
  }
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
  }
  int status;
  struct rusage use;
  if (wait4(child, &status, 0, &use) != child) {
    perror("measure: wait4");
    return 1;
  }
  *wall = now() - start;
  *cpu = milliseconds(use.ru_utime) + milliseconds(use.ru_stime);
  *peak = use.ru_maxrss / 1024.0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  fprintf(stderr, "measure: %s ended with %s %d\n", command[0],
          WIFEXITED(status) ? "exit status" : "signal",
          WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  return 1;
}

int main(int count, char **arguments) {
  int warm_ups = 2, runs = 20, option;
  while ((option = getopt(count, arguments, "+w:n:")) != -1) {
    if (option == 'w') warm_ups = atoi(optarg);
    else if (option == 'n') runs = atoi(optarg);
    else return 64;
  }
  if (optind >= count || warm_ups < 0 || runs < 1 || runs > most_runs) {
    fprintf(stderr, "usage: measure [-w WARM_UPS] [-n RUNS] COMMAND [ARGUMENT...]\n");
    return 64;
  }
  for (int i = -warm_ups; i < runs; i++) {
    int slot = i < 0 ? 0 : i;
    if (run(arguments + optind, &samples[0][slot], &samples[1][slot], &samples[2][slot])) return 1;
  }
  printf("{\"runs\":%d,", runs);
  print("wall_ms", samples[0], runs, ",");
  print("cpu_ms", samples[1], runs, ",");
  print("peak_mib", samples[2], runs, "}\n");
  return 0;
}
