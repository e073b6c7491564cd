/* The four 64-bit words of a counter to numbers of double precision. Nothing may be fused. */
#ifndef SEEDBED_DOUBLES_H
#define SEEDBED_DOUBLES_H

#include "task.h"

enum { FOUR = 4, SEGMENT_SHIFT = 46, SEGMENTS = 64, ROW = 9, FINE_ROWS = 66 * 64 + 1, FAR_ROWS = 5 * 64 };
enum { LOG_PARTS = 512, CIRCLE_POINTS = 256 };

EACH double times_plus(double x, double y, double z) { return plus(times(x, y), z); }

EACH double with_sign_of(double x, double sign)
{
    const u64 mask = (u64)1 << 63;
    return double_of((bits_of(x) & ~mask) | (bits_of(sign) & mask));
}

EACH double polynomial(double x, const double *table, int first_exponent, i64 rows)
{
    i64 number = (i64)(bits_of(x) >> SEGMENT_SHIFT) - (i64)(first_exponent + 1023) * SEGMENTS;
    number = number < 0 ? 0 : number >= rows ? rows - 1 : number;
    const double *row = table + ROW * number;
    const double t = minus(x, read(row));
    double value = read(row + 8);
    for (int k = 7; k > 0; --k)
        value = times_plus(value, t, read(row + k));
    return value;
}

/* The steps of `log` for normal numbers above 0, with the names that the page of the stream gives. */
EACH double log_of(double x, const double *table)
{
    const u64 bits = bits_of(x), above = bits - 0x3FE6A00000000000u, exponent = above & ~(((u64)1 << 52) - 1);
    const double *row = table + 3 * (above >> 43 & (LOG_PARTS - 1));
    const double inverse = read(row), high = read(row + 1), low = read(row + 2);
    const double k = double_of_signed((i64)exponent / ((i64)1 << 52));
    const double m = double_of(bits - exponent);
    const double head = double_of(bits_of(m) & ~(((u64)1 << 27) - 1));
    const double r = plus(minus(times(head, inverse), 1.0), times(minus(m, head), inverse));
    const double a = plus(times(k, 0x1.62e42fefa38p-1), high), b = plus(times(k, 0x1.ef35793c7673p-45), low);
    const double w = plus(a, r), e = plus(minus(a, w), r);
    double v = 1.0 / 7.0;
    v = times_plus(v, r, -1.0 / 6.0);
    v = times_plus(v, r, 1.0 / 5.0);
    v = times_plus(v, r, -1.0 / 4.0);
    v = times_plus(v, r, 1.0 / 3.0);
    v = times_plus(v, r, -1.0 / 2.0);
    return plus(w, plus(plus(b, e), times(v, times(r, r))));
}

EACH double minus_log(double u, const double *table)
{
    const double value = minus(0.0, log_of(u, table));
    return value > 0.0 ? value : 0.0;
}

/* -log(1 - x) for x of at least 0 and at most 1/4. */
EACH double minus_log_less(double x)
{
    const double s = over(x, minus(2.0, x)), square = times(s, s);
    double v = 1.0 / 17.0;
    v = times_plus(v, square, 1.0 / 15.0);
    v = times_plus(v, square, 1.0 / 13.0);
    v = times_plus(v, square, 1.0 / 11.0);
    v = times_plus(v, square, 1.0 / 9.0);
    v = times_plus(v, square, 1.0 / 7.0);
    v = times_plus(v, square, 1.0 / 5.0);
    v = times_plus(v, square, 1.0 / 3.0);
    v = times_plus(v, square, 1.0);
    return times(times(2.0, s), v);
}

EACH double tail_quantile(double q, const tables &from)
{
    if (q < 0x1p-67)
        return polynomial(minus_log(q, from.log), from.far, 5, FAR_ROWS);
    return polynomial(q, from.fine, -67, FINE_ROWS);
}

EACH double interval_quantile(double t, const law &values, const tables &from)
{
    const double size = with_sign_of(t, 0.0), negative = with_sign_of(t, -t);
    if (values.below == values.above)
        return with_sign_of(tail_quantile(times_plus(values.inside, size, values.below), from), t);
    const double here = t < 0 ? values.below : values.above, there = t < 0 ? values.above : values.below;
    const double near = times_plus(values.inside, size, here);
    const double far = times_plus(values.inside, minus(1.0, size), there);
    const bool is_near = near <= far;
    return with_sign_of(tail_quantile(is_near ? near : far, from), is_near ? t : negative);
}

EACH double distance_quantile(double u, const law &values, const tables &from)
{
    if (values.radius < 0x1p-27)
        return root(minus(1.0, u));
    if (values.radius < 0.5)
        return root(minus_log_less(times(values.inside, minus(1.0, u))));
    return root(minus_log(times_plus(values.inside, u, values.below), from.log)); /* `below` has what is outside */
}

EACH pair on_circle(double turn, const double *circle)
{
    const int arc = (int)times(turn, (double)CIRCLE_POINTS);
    const double middle = over(plus((double)arc, 0.5), (double)CIRCLE_POINTS);
    const double angle = times(minus(turn, middle), 6.283185307179586), square = times(angle, angle);
    double c = times_plus(square, -1.0 / 720.0, 1.0 / 24.0);
    c = times_plus(square, c, -1.0 / 2.0);
    c = times_plus(square, c, 1.0);
    double s = times_plus(square, -1.0 / 5040.0, 1.0 / 120.0);
    s = times_plus(square, s, -1.0 / 6.0);
    s = times(angle, times_plus(square, s, 1.0));
    const pair point = read_pair(circle + 2 * arc);
    return {minus(times(point.first, c), times(point.second, s)), plus(times(point.second, c), times(point.first, s))};
}

EACH void uniform_numbers(const task &job, const u64 words[4], double out[FOUR])
{
    const law &values = job.values;
    for (int k = 0; k < FOUR; ++k)
        out[k] = times(times(plus(double_of_signed((i64)words[k]), values.shift), values.scale), values.more);
}

EACH void normal_numbers(const task &job, const u64 words[4], double out[FOUR])
{
    const law &values = job.values;
    for (int k = 0; k < FOUR; ++k) {
        const double t = times(plus(double_of_signed((i64)words[k]), 0.5), 0x1p-64);
        out[k] = times(interval_quantile(t, values, job.from), values.scale);
        if (values.shift != 0 && (k % 2 == 0 || !(values.flags & EVEN_ONLY)))
            out[k] = plus(out[k], values.shift);
    }
}

EACH double unit(u64 word) { return times(plus(double_of_unsigned(word), 0.5), 0x1p-64); }

EACH void disc_numbers(const task &job, const u64 words[4], double out[FOUR])
{
    const law &values = job.values;
    const double below_one = 1.0 - 0x1p-53;
    for (int k = 0; k < FOUR; k += 2) {
        const double radius = times(distance_quantile(unit(words[k]), values, job.from), values.scale);
        const double turn = unit(words[k + 1]);
        const pair point = on_circle(turn < below_one ? turn : below_one, job.from.circle);
        out[k] = times(radius, point.first);
        out[k + 1] = times(radius, point.second);
        if (values.shift != 0)
            out[k] = plus(out[k], values.shift);
    }
}

EACH double clipped(const law &values, double x)
{
    x = x < values.low ? values.low : x;
    x = x > values.high ? values.high : x;
    return values.flags & UNSIGNED_ZEROS ? plus(x, 0.0) : x;
}

#endif
