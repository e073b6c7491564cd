#define _DEFAULT_SOURCE
#include "cpu.h"

#include <stdint.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(_MSC_VER) && !defined(__clang__) && defined(_M_X64)
#include <immintrin.h>
#include <intrin.h>

static int has_avx2(void)
{
    int leaf[4];
    __cpuid(leaf, 0);
    if (leaf[0] < 7)
        return 0;
    __cpuid(leaf, 1);
    /* FMA, OSXSAVE, AVX, F16C; then what the system saves, and AVX2 with BMI1 and BMI2. */
    const int needed = 1 << 12 | 1 << 27 | 1 << 28 | 1 << 29;
    if ((leaf[2] & needed) != needed || (_xgetbv(0) & 6) != 6)
        return 0;
    __cpuidex(leaf, 7, 0);
    return (leaf[1] & (1 << 5 | 1 << 3 | 1 << 8)) == (1 << 5 | 1 << 3 | 1 << 8);
}

int seedbed_cpu_has(int cpu)
{
    return cpu == SEEDBED_CPU_PLAIN || (cpu == SEEDBED_CPU_AVX2 && has_avx2());
}

#elif defined(__x86_64__) && defined(__GNUC__)

int seedbed_cpu_has(int cpu)
{
    __builtin_cpu_init();
    const int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                         __builtin_cpu_supports("f16c");
    return cpu == SEEDBED_CPU_PLAIN || (cpu == SEEDBED_CPU_AVX2 && has_avx2);
}

#elif defined(__aarch64__) || defined(_M_ARM64)

int seedbed_cpu_has(int cpu)
{
    return cpu == SEEDBED_CPU_PLAIN || cpu == SEEDBED_CPU_NEON; /* every such machine has it */
}

#else

int seedbed_cpu_has(int cpu)
{
    return cpu == SEEDBED_CPU_PLAIN;
}

#endif

void seedbed_ask_for_large_pages(void *start, size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t page = (uintptr_t)1 << 21;
    const uintptr_t first = ((uintptr_t)start + page - 1) & ~(page - 1), last = ((uintptr_t)start + size) & ~(page - 1);
    if (first < last)
        (void)madvise((void *)first, last - first, MADV_HUGEPAGE); /* advice: refused, it changes nothing */
#else
    (void)start;
    (void)size;
#endif
}
