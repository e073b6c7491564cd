/* What the machine can do. */
#ifndef SEEDBED_CPU_H
#define SEEDBED_CPU_H

#include <stddef.h>

enum seedbed_cpu { SEEDBED_CPU_PLAIN, SEEDBED_CPU_AVX2, SEEDBED_CPU_NEON };

/* Whether the machine, and the system on it, run a set of instructions. */
int seedbed_cpu_has(int cpu);

/* Asks for pages of 2 MiB, which memory is touched in more quickly; does nothing where there are none. */
void seedbed_ask_for_large_pages(void *start, size_t size);

#endif
