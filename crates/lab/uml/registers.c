/*
 * Preloaded into linux.uml. A kernel takes a set of extended registers only at its full size, and User Mode
 * Linux 6.1 knows none as large as AMX makes it: without this the guest dies with its first program
 * ("put_fp_registers"). What is missing is nothing that it uses, so zeros stand for it.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef long call(enum __ptrace_request, ...);

static char whole[1 << 16];
static size_t size;
static call *next;

__attribute__((constructor)) static void begin(void)
{
    unsigned enabled, other, most, high;
    next = (call *)dlsym(RTLD_NEXT, "ptrace");
    /* leaf 13: the size of all that the processor can save */
    if (__get_cpuid_count(13, 0, &enabled, &other, &most, &high) && most <= sizeof whole)
        size = most;
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list rest;
    va_start(rest, request);
    pid_t pid = va_arg(rest, pid_t);
    void *address = va_arg(rest, void *);
    void *data = va_arg(rest, void *);
    va_end(rest);
    struct iovec padded = { whole, size };
    if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE) {
        const struct iovec *given = data;
        if (given->iov_len < size) {
            /* always as much: what is behind it stays zero */
            memcpy(whole, given->iov_base, given->iov_len);
            data = &padded;
        }
    }
    return next(request, pid, address, data);
}
