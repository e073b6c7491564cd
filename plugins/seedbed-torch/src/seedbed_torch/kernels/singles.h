/* The eight 32-bit words of a counter to numbers of single precision. */
#ifndef SEEDBED_SINGLES_H
#define SEEDBED_SINGLES_H

#include "task.h"

enum { EIGHT = 8, LINE_SHIFT = 42, LINES_OF_A_SIGN = 32 * 1024, ARC_SHIFT = 18 };

EACH u32 word_of(const u64 words[4], int number) { return (u32)(words[number / 2] >> (number % 2 * 32)); }

EACH double half_integer(u32 word) { return plus((double)(int)word, 0.5); }

/* So that no compiler can fuse the product with a sum that follows. */
EACH double without_last_bit(double x) { return double_of(bits_of(x) & ~(u64)1); }

EACH double on_line(const double *lines, double x)
{
    /* Lines begin at arguments of 1/2: a double's sign, exponent and first ten digits number them. */
    const u64 bits = bits_of(x), first = 1022 * 1024;
    const u64 row = (bits << 1 >> (LINE_SHIFT + 1)) - first + (bits >> 63) * LINES_OF_A_SIGN;
    const pair line = read_pair(lines + 2 * row);
    return exact_times_plus(line.first, x, line.second);
}

EACH void uniform_numbers(const task &job, const u64 words[4], float out[EIGHT])
{
    const law &values = job.values;
    for (int k = 0; k < EIGHT; ++k) {
        const double x = times(plus((double)(int)word_of(words, k), values.shift), values.scale);
        out[k] = single_of(times(x, values.more));
    }
}

EACH void normal_numbers(const task &job, const u64 words[4], float out[EIGHT])
{
    const law &values = job.values;
    for (int k = 0; k < EIGHT; ++k) {
        const double x = half_integer(word_of(words, k));
        const u64 sign = values.flags & ODD ? bits_of(x) & (u64)1 << 63 : 0;
        double z = times(on_line(job.from.lines, double_of(bits_of(x) ^ sign)), values.scale);
        z = double_of(bits_of(z) ^ sign);
        if (values.shift != 0) {
            z = without_last_bit(z);
            if (k % 2 == 0 || !(values.flags & EVEN_ONLY))
                z = plus(z, values.shift);
        }
        out[k] = single_of(z);
    }
}

/* Of two words one gives the distance from the mean, the next the angle. */
EACH void disc_numbers(const task &job, const u64 words[4], float out[EIGHT])
{
    const law &values = job.values;
    for (int k = 0; k < EIGHT; k += 2) {
        const double radius = times(on_line(job.from.lines, half_integer(word_of(words, k))), values.scale);
        const u32 word = word_of(words, k + 1), arc = word >> ARC_SHIFT;
        const double y = plus((double)(word & ((1u << ARC_SHIFT) - 1)), -131071.5); /* from the arc's middle */
        const pair cosine = read_pair(job.from.cosine + 2 * arc), sine = read_pair(job.from.sine + 2 * arc);
        double real = times(exact_times_plus(cosine.first, y, cosine.second), radius);
        double imaginary = times(exact_times_plus(sine.first, y, sine.second), radius);
        if (values.shift != 0) {
            real = plus(without_last_bit(real), values.shift);
            imaginary = without_last_bit(imaginary);
        }
        out[k] = single_of(real);
        out[k + 1] = single_of(imaginary);
    }
}

EACH float clipped(const law &values, float x)
{
    const float low = single_of(values.low), high = single_of(values.high);
    x = x < low ? low : x;
    x = x > high ? high : x;
    return values.flags & UNSIGNED_ZEROS ? plus_single(x, 0.0f) : x;
}

/* To half precision, ties to even. Nothing that is drawn is NaN. */
EACH u16 bfloat16_of(float x)
{
    const u32 bits = bits_of(x);
    return (u16)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

EACH u16 float16_of(float x)
{
    const u32 bits = bits_of(x), sign = bits >> 16 & 0x8000u, size = bits & 0x7FFFFFFFu;
    if (size >= 0x477FF000u) /* what rounds to 65536 and more */
        return (u16)(sign | 0x7C00u);
    if (size >= 0x38800000u) { /* normal: the exponent less 112, and 13 digits rounded off */
        const u32 moved = size - (112u << 23);
        return (u16)(sign | (moved + 0xFFFu + (moved >> 13 & 1u)) >> 13);
    }
    /* Subnormal: a sum with 1/2, whose last bit is 2^-24, rounds it. */
    return (u16)(sign | (bits_of(plus_single(float_of(size), 0.5f)) - 0x3F000000u));
}

EACH u16 half_of(const law &values, float x)
{
    const u16 half = values.format == BFLOAT16 ? bfloat16_of(x) : float16_of(x);
    return values.flags & UNSIGNED_ZEROS && half == 0x8000u ? (u16)0 : half;
}

#endif
