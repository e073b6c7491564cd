/* Steps of `log`, `exp` and `power`, in double precision, with the names that the page of the stream gives.
 *
 * Every operation is rounded by itself, so this belongs in files that are compiled without fused ones.
 */
#ifndef SEEDBED_LOGARITHM_H
#define SEEDBED_LOGARITHM_H

#include "bits.h"

typedef struct {
    double r, a, b; /* the logarithm is log(1 + r) + b + a */
} reduced;

ALWAYS_INLINE double head_of(double x)
{
    return double_of(bits_of(x) & ~((UINT64_C(1) << 27) - 1));
}

/* Reduces a normal number above 0 whose logarithm is to be `lowered` by so many times log(2). */
ALWAYS_INLINE reduced reduce(double x, double lowered, const double *table)
{
    enum { PARTS_BITS = 9 };
    const uint64_t start = (UINT64_C(1022) << 52) + (UINT64_C(212) << 43);
    const uint64_t exponent_bits = ~((UINT64_C(1) << 52) - 1), bits = bits_of(x), above = bits - start;
    const double *row = table + 3 * ((above >> (52 - PARTS_BITS)) & ((1 << PARTS_BITS) - 1));
    const uint64_t exponent = above & exponent_bits;
    const double k = (double)((int64_t)exponent / ((int64_t)1 << 52)) - lowered;
    const double m = double_of(bits - exponent);
    const double head = head_of(m), rest = m - head;
    reduced parts;
    parts.r = (head * row[0] - 1.0) + rest * row[0];
    parts.a = row[1] + k * 0x1.62e42fefa38p-1;
    parts.b = row[2] + k * 0x1.ef35793c7673p-45;
    return parts;
}

/* Returns the sum, and adds to `rest` what its rounding lost. */
ALWAYS_INLINE double exact_sum(double large, double small, double *rest)
{
    const double sum = large + small;
    *rest = *rest + ((large - sum) + small);
    return sum;
}

ALWAYS_INLINE double log_of(double x, double lowered, const double *table)
{
    reduced parts = reduce(x, lowered, table);
    const double r = parts.r, w = exact_sum(parts.a, r, &parts.b);
    double v = r * (1.0 / 7.0);
    v = (v + -1.0 / 6.0) * r;
    v = (v + 1.0 / 5.0) * r;
    v = (v + -1.0 / 4.0) * r;
    v = (v + 1.0 / 3.0) * r;
    v = v + -1.0 / 2.0;
    v = v * (r * r);
    return w + (parts.b + v);
}

#endif
