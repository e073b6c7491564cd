/* `log`, `exp` and `power` of many doubles: see `seedbed.random.elementary_steps`, whose names these are.
 *
 * As in `doubles.c`, nothing may be fused.
 */
#include "elementary.h"

#include <math.h>

#include "logarithm.h"

static const double SMALLEST = 0x1p-1022, LEAST = -750.0, MOST = 720.0, FURTHEST = 800.0;
static const double WHOLE = 0x1.8p52; /* adding it rounds to an integer, ties to even */
#define WHOLE_BITS (INT64_C(0x4338) << 48)

ALWAYS_INLINE double power_of_2(int64_t n)
{
    return double_of((uint64_t)(n + 1023) << 52);
}

ALWAYS_INLINE double clipped(double x)
{
    return x < LEAST ? LEAST : x > MOST ? MOST : x;
}

/* The exponential of p + q, both of which are such that n is small. */
ALWAYS_INLINE double exp_of(double p, double q, int has_q, const double *table)
{
    enum { PARTS = 512 };
    if (!(p == p)) /* a number that is none, with the same bits on every machine */
        return double_of(UINT64_C(0x7FF8) << 48);
    double k = p * 0x1.71547652b82fep+9 + WHOLE;
    const uint64_t bits = bits_of(k);
    const uint64_t place = bits & (PARTS - 1);
    k = k - WHOLE;
    double r = p - k * 0x1.62e42ffp-10;
    r = r - k * -0x1.718432a1b0e26p-44;
    if (has_q)
        r = r + q;
    double t = r * (1.0 / 120.0);
    t = (t + 1.0 / 24.0) * r;
    t = (t + 1.0 / 6.0) * r;
    t = t + 1.0 / 2.0;
    t = t * (r * r);
    t = t + r;
    const double high = table[2 * place];
    t = t * high;
    t = t + table[2 * place + 1];
    const int64_t whole = (int64_t)(bits - (uint64_t)WHOLE_BITS) - (int64_t)place;
    const int64_t n = whole / PARTS;
    const double sum = high + t;
    if (n > -1000 && n < 1000)
        return sum * power_of_2(n);
    const double unit = power_of_2(n + 1022);
    if (n < 0 && sum * unit < 1.0) { /* in units of 2^-1022; a sum with 1 is rounded where such numbers are */
        const double u = high * unit, s = 1.0 + u;
        return ((s + (((1.0 - s) + u) + t * unit)) - 1.0) * SMALLEST;
    }
    const int64_t half = n < 0 ? -((-n + 1) / 2) : n / 2;
    return sum * power_of_2(half) * power_of_2(n - half);
}

/* The logarithm of what is no finite number above 0, or `value`. */
ALWAYS_INLINE double at_edges(double x, double value)
{
    if (x == 0.0)
        return -INFINITY;
    if (!(x >= 0.0))
        return double_of(UINT64_C(0x7FF8) << 48);
    return x == INFINITY ? INFINITY : value;
}

ALWAYS_INLINE double power_of(double x, double y, const double *log_table, const double *exp_table)
{
    if (x == 1.0 || y == 0.0)
        return 1.0;
    const int is_tiny = x < SMALLEST;
    reduced parts = reduce(is_tiny ? x * 0x1p54 : x, is_tiny ? 54.0 : 0.0, log_table);
    const double r = parts.r;
    double rest = parts.b;
    const double w = exact_sum(parts.a, r, &rest);
    /* -r^2/2 as g, the part that is exact, and c, the remainder. */
    const double s = head_of(r), g = s * -0.5 * s;
    double h = exact_sum(w, g, &rest);
    const double c = (r - s) * (s + r) * -0.5;
    rest = rest + c;
    double v = r * (-1.0 / 8.0);
    v = (v + 1.0 / 7.0) * r;
    v = (v + -1.0 / 6.0) * r;
    v = (v + 1.0 / 5.0) * r;
    v = (v + -1.0 / 4.0) * r;
    v = v + 1.0 / 3.0;
    v = v * (r * r * r);
    rest = rest + v;
    h = at_edges(x, h);
    const double whole = y * h;
    if (!(fabs(whole) < FURTHEST)) /* or no number */
        return exp_of(clipped(whole), 0.0, 1, exp_table);
    const double y_head = head_of(y), h_head = head_of(h);
    const double p = y_head * h_head;
    const double q = (y - y_head) * h_head + ((h - h_head) + rest) * y;
    return exp_of(p, q, 1, exp_table);
}

void seedbed_elementary(enum seedbed_function function, const double *x, const double *y, double *out, size_t count,
                        const double *log_table, const double *exp_table)
{
    if (function == SEEDBED_LOG)
        for (size_t k = 0; k < count; ++k) {
            const int is_tiny = x[k] < SMALLEST;
            out[k] = at_edges(x[k], log_of(is_tiny ? x[k] * 0x1p54 : x[k], is_tiny ? 54.0 : 0.0, log_table));
        }
    else if (function == SEEDBED_EXP)
        for (size_t k = 0; k < count; ++k)
            out[k] = exp_of(clipped(x[k]), 0.0, 0, exp_table);
    else
        for (size_t k = 0; k < count; ++k)
            out[k] = power_of(x[k], y[k], log_table, exp_table);
}
