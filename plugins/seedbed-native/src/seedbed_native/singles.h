/* 32-bit words to values of single precision, eight at a time: a counter's words.
 *
 * Products that a sum follows are exact, so it makes no difference whether a compiler fuses the two.
 */
#ifndef SEEDBED_SINGLES_H
#define SEEDBED_SINGLES_H

#include "places.h"

#if defined(SEEDBED_AVX2)
#include <immintrin.h>
#elif defined(SEEDBED_NEON)
#include <arm_neon.h>
#endif

/* Lines begin at arguments of 1/2: the bits of a double's sign, exponent and segment number them. */
enum { LINE_SHIFT = 42, LINES = 32 * 1024, PAIR = 16 };
#define FIRST_LINE (UINT64_C(1022) * 1024)

/* Adding -0 leaves every number as it is, -0 too. */

/* Makes a product that no compiler can fuse with a sum that follows. */
ALWAYS_INLINE double without_last_bit(double x)
{
    return double_of(bits_of(x) & ~UINT64_C(1));
}

ALWAYS_INLINE void uniform8(const uint32_t *words, float *out, const seedbed_law *law)
{
    for (int k = 0; k < EIGHT; ++k) {
        const double x = ((double)(int32_t)words[k] + law->shift) * law->scale;
        out[k] = (float)(x * law->more);
    }
}

/* A pair of slope and constant, of the row for positive arguments and then that for negative ones. */
ALWAYS_INLINE const double *line_of(const double *lines, double x)
{
    const uint64_t bits = bits_of(x);
    return lines + 2 * (((bits << 1 >> (LINE_SHIFT + 1)) - FIRST_LINE) + (bits >> 63) * LINES);
}

ALWAYS_INLINE double on_line(const double *lines, double x)
{
    const double *line = line_of(lines, x);
    return line[0] * x + line[1];
}

#if defined(SEEDBED_AVX2)

/* The pairs of four lines that follow one table's beginning at these distances in bytes. */
ALWAYS_INLINE void four_lines(const double *lines, __m256i places, __m256d *slopes, __m256d *constants)
{
    uint64_t place[4];
    _mm256_storeu_si256((__m256i *)place, places);
    const uintptr_t start = (uintptr_t)lines - FIRST_LINE * PAIR;
    const __m256d even = _mm256_insertf128_pd(
        _mm256_castpd128_pd256(_mm_loadu_pd((const double *)(start + place[0]))),
        _mm_loadu_pd((const double *)(start + place[2])), 1);
    const __m256d odd = _mm256_insertf128_pd(
        _mm256_castpd128_pd256(_mm_loadu_pd((const double *)(start + place[1]))),
        _mm_loadu_pd((const double *)(start + place[3])), 1);
    *slopes = _mm256_unpacklo_pd(even, odd);
    *constants = _mm256_unpackhi_pd(even, odd);
}

ALWAYS_INLINE __m256d scaled4(__m256d x, const seedbed_law *law, const double *lines, int is_odd, int shifted)
{
    const __m256d sign = _mm256_set1_pd(-0.0);
    const __m256d minus = _mm256_and_pd(x, sign);
    __m256d argument = x, slopes, constants;
    if (is_odd)
        argument = _mm256_xor_pd(x, minus);
    const __m256i bits = _mm256_castpd_si256(argument);
    __m256i places = _mm256_and_si256(_mm256_srli_epi64(bits, LINE_SHIFT - 4), _mm256_set1_epi64x(-PAIR));
    if (!is_odd) { /* the sign among the bits becomes the second row */
        const __m256i row = _mm256_slli_epi64(_mm256_srli_epi64(bits, 63), 19);
        places = _mm256_and_si256(places, _mm256_set1_epi64x((1 << 25) - 1));
        places = _mm256_add_epi64(places, row);
    }
    four_lines(lines, places, &slopes, &constants);
    __m256d z = _mm256_fmadd_pd(slopes, argument, constants);
    z = _mm256_mul_pd(z, _mm256_set1_pd(law->scale));
    if (is_odd)
        z = _mm256_xor_pd(z, minus);
    if (shifted) {
        const __m256d shift = shifted == SEEDBED_EVEN_ONLY ? _mm256_setr_pd(law->shift, -0.0, law->shift, -0.0)
                                                           : _mm256_set1_pd(law->shift);
        z = _mm256_and_pd(z, _mm256_castsi256_pd(_mm256_set1_epi64x(-2)));
        z = _mm256_add_pd(z, shift);
    }
    return z;
}

ALWAYS_INLINE void lines8(const uint32_t *words, float *out, const seedbed_law *law, const double *lines,
                          int is_odd, int shifted)
{
    const __m256d half = _mm256_set1_pd(0.5);
    for (int k = 0; k < EIGHT; k += 4) {
        const __m128i four = _mm_loadu_si128((const __m128i *)(words + k));
        const __m256d x = _mm256_add_pd(_mm256_cvtepi32_pd(four), half);
        _mm_storeu_ps(out + k, _mm256_cvtpd_ps(scaled4(x, law, lines, is_odd, shifted)));
    }
}

#elif defined(SEEDBED_NEON)

ALWAYS_INLINE float64x2_t scaled2(float64x2_t x, const seedbed_law *law, const double *lines, int is_odd,
                                  int shifted)
{
    const uint64x2_t bits = vreinterpretq_u64_f64(x);
    const uint64x2_t minus = vandq_u64(bits, vdupq_n_u64(UINT64_C(1) << 63));
    const uint64x2_t size = veorq_u64(bits, minus);
    uint64x2_t place = vsubq_u64(vshrq_n_u64(size, LINE_SHIFT), vdupq_n_u64(FIRST_LINE));
    if (!is_odd)
        place = vaddq_u64(place, vshrq_n_u64(minus, 63 - 15));
    const float64x2_t first = vld1q_f64(lines + 2 * vgetq_lane_u64(place, 0));
    const float64x2_t second = vld1q_f64(lines + 2 * vgetq_lane_u64(place, 1));
    const float64x2_t argument = is_odd ? vreinterpretq_f64_u64(size) : x;
    float64x2_t z = vfmaq_f64(vtrn2q_f64(first, second), vtrn1q_f64(first, second), argument);
    z = vmulq_n_f64(z, law->scale);
    if (is_odd)
        z = vreinterpretq_f64_u64(veorq_u64(vreinterpretq_u64_f64(z), minus));
    if (shifted) {
        float64x2_t shift = vdupq_n_f64(law->shift);
        if (shifted == SEEDBED_EVEN_ONLY)
            shift = vsetq_lane_f64(-0.0, shift, 1);
        z = vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(z), vdupq_n_u64(~UINT64_C(1))));
        z = vaddq_f64(z, shift);
    }
    return z;
}

ALWAYS_INLINE void lines8(const uint32_t *words, float *out, const seedbed_law *law, const double *lines,
                          int is_odd, int shifted)
{
    for (int k = 0; k < EIGHT; k += 2) {
        const int64x2_t two = vmovl_s32(vreinterpret_s32_u32(vld1_u32(words + k)));
        const float64x2_t x = vaddq_f64(vcvtq_f64_s64(two), vdupq_n_f64(0.5));
        vst1_f32(out + k, vcvt_f32_f64(scaled2(x, law, lines, is_odd, shifted)));
    }
}

#else

ALWAYS_INLINE void lines8(const uint32_t *words, float *out, const seedbed_law *law, const double *lines,
                          int is_odd, int shifted)
{
    for (int k = 0; k < EIGHT; ++k) {
        const double x = (double)(int32_t)words[k] + 0.5;
        double z;
        if (is_odd) {
            const uint64_t sign = bits_of(x) & (UINT64_C(1) << 63);
            z = on_line(lines, double_of(bits_of(x) ^ sign)) * law->scale;
            z = double_of(bits_of(z) ^ sign);
        } else {
            z = on_line(lines, x) * law->scale;
        }
        if (shifted)
            z = without_last_bit(z) + (shifted == SEEDBED_EVEN_ONLY && k % 2 ? -0.0 : law->shift);
        out[k] = (float)z;
    }
}

#endif

/* Of two words one gives the distance from the mean, the next the angle. */
ALWAYS_INLINE void disc8(const uint32_t *words, float *out, const seedbed_law *law,
                         const seedbed_tables *tables)
{
    enum { ARC_SHIFT = 18 };
    for (int k = 0; k < EIGHT; k += 2) {
        const double radius = on_line(tables->lines, (double)(int32_t)words[k] + 0.5) * law->scale;
        const uint32_t arc = words[k + 1] >> ARC_SHIFT;
        const double y = (double)(words[k + 1] & ((1u << ARC_SHIFT) - 1)) + -131071.5;
        const double *cosine = tables->cosine + 2 * arc, *sine = tables->sine + 2 * arc;
        double real = (cosine[0] * y + cosine[1]) * radius, imaginary = (sine[0] * y + sine[1]) * radius;
        if (law->shift != 0) {
            real = without_last_bit(real) + law->shift;
            imaginary = without_last_bit(imaginary);
        }
        out[k] = (float)real;
        out[k + 1] = (float)imaginary;
    }
}

#endif
