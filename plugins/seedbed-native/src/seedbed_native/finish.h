/* Clips singles, and rounds them to the half precisions, ties to even. */
#ifndef SEEDBED_FINISH_H
#define SEEDBED_FINISH_H

#include "places.h"

#if defined(SEEDBED_AVX2)
#include <immintrin.h>
#endif

static void clip_singles(const seedbed_law *law, float *values, int count)
{
    const float low = (float)law->low, high = (float)law->high;
    for (int k = 0; k < count; ++k) {
        float x = values[k];
        x = x < low ? low : x;
        values[k] = x > high ? high : x;
    }
    if (law->flags & SEEDBED_UNSIGNED_ZEROS)
        for (int k = 0; k < count; ++k)
            values[k] += 0.0f;
}

ALWAYS_INLINE uint32_t single_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Values are never NaN: nothing that is drawn is. */
ALWAYS_INLINE uint16_t bfloat16_of(float x)
{
    const uint32_t bits = single_bits(x);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

ALWAYS_INLINE uint16_t float16_of(float x)
{
    const uint32_t bits = single_bits(x), sign = bits >> 16 & 0x8000u, size = bits & 0x7FFFFFFFu;
    if (size >= 0x477FF000u) /* what rounds to 65536 and more */
        return (uint16_t)(sign | 0x7C00u);
    if (size >= 0x38800000u) { /* normal: the exponent less 112, and 13 digits rounded off */
        const uint32_t moved = size - (112u << 23);
        return (uint16_t)(sign | (moved + 0xFFFu + (moved >> 13 & 1u)) >> 13);
    }
    /* Subnormal: a sum with 1/2 whose last bit is 2^-24 rounds it. */
    float sum;
    memcpy(&sum, &size, sizeof sum);
    sum += 0.5f;
    return (uint16_t)(sign | (single_bits(sum) - 0x3F000000u));
}

static void write_halves(const seedbed_law *law, const float *values, int count, uint16_t *out)
{
    if (law->format == SEEDBED_BFLOAT16) {
        for (int k = 0; k < count; ++k)
            out[k] = bfloat16_of(values[k]);
    } else {
        int k = 0;
#if defined(SEEDBED_AVX2)
        for (; k + EIGHT <= count; k += EIGHT)
            _mm_storeu_si128((__m128i *)(void *)(out + k),
                             _mm256_cvtps_ph(_mm256_loadu_ps(values + k), _MM_FROUND_TO_NEAREST_INT));
#endif
        for (; k < count; ++k)
            out[k] = float16_of(values[k]);
    }
    if (law->flags & SEEDBED_UNSIGNED_ZEROS)
        for (int k = 0; k < count; ++k)
            out[k] = out[k] == 0x8000u ? 0 : out[k];
}

#endif
