/* A clock of a program's own: the time of day plus as many seconds as a file says.
 *
 * Preloaded into a program, this changes what it is told of the time of day, and back what it says of
 * moments to wait for, as if the machine's clock had been set. Clocks that only go on stay as they
 * are. CHAOS_CLOCK names a file that holds one 64-bit integer, which may change at any time.
 *
 * cc -shared -fPIC -O2 -o libclock.so clock.c
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Deadlines later than this are times of day: no machine has been up for thirty years. */
#define TIMES_OF_DAY 1000000000L

static const volatile int64_t *said;

__attribute__((constructor)) static void open_file(void) {
    const char *name = getenv("CHAOS_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) said = page;
}

static int64_t ahead(void) { return said ? *said : 0; }

static int of_day(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

/* Returns the machine's moment for a program's deadline. */
static const struct timespec *machine(const struct timespec *at, struct timespec *moment) {
    if (!at || at->tv_sec < TIMES_OF_DAY) return at;
    *moment = *at;
    moment->tv_sec -= ahead();
    return moment;
}

#define REAL(name) ({ \
    static __typeof__(name) *real; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    real; })

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)REAL(syscall)(SYS_clock_gettime, clock, now);
    if (!failed && of_day(clock)) now->tv_sec += ahead();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int failed = REAL(gettimeofday)(now, zone);
    if (!failed) now->tv_sec += ahead();
    return failed;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
    if (base == TIME_UTC) clock_gettime(CLOCK_REALTIME, now);
    return base == TIME_UTC ? base : 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *at, struct timespec *left) {
    struct timespec moment;
    return REAL(clock_nanosleep)(clock, flags, flags & TIMER_ABSTIME ? machine(at, &moment) : at, left);
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict at) {
    static __typeof__(pthread_cond_timedwait) *real;
    struct timespec moment;
    if (!real) real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return real(cond, mutex, machine(at, &moment));
}

int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *at) {
    struct timespec moment;
    return REAL(pthread_cond_clockwait)(cond, mutex, clock, machine(at, &moment));
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict at) {
    struct timespec moment;
    return REAL(pthread_mutex_timedlock)(mutex, machine(at, &moment));
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict at) {
    struct timespec moment;
    return REAL(sem_timedwait)(sem, machine(at, &moment));
}

int sem_clockwait(sem_t *restrict sem, clockid_t clock, const struct timespec *restrict at) {
    struct timespec moment;
    return REAL(sem_clockwait)(sem, clock, machine(at, &moment));
}

long syscall(long number, ...) {
    struct timespec moment;
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_futex && (a[1] & FUTEX_CLOCK_REALTIME))
        a[3] = (long)machine((const struct timespec *)a[3], &moment);
    return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
