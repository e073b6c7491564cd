/* Philox4x64-10 (Salmon et al. 2011), of counters whose three higher words are 0. */
#ifndef SEEDBED_PHILOX_H
#define SEEDBED_PHILOX_H

#include <string.h>

#include "bits.h"

#if defined(_MSC_VER) && defined(_M_X64) && !defined(__clang__)
#include <intrin.h>
#endif

#ifdef SEEDBED_TEST_ROUNDS /* for the test of the test that refuses a wrong build */
enum { ROUNDS = SEEDBED_TEST_ROUNDS };
#else
enum { ROUNDS = 10 };
#endif

static const uint64_t MULTIPLIERS[2] = {UINT64_C(0xD2E7470EE14C6C93), UINT64_C(0xCA5A826395121157)};
static const uint64_t WEYL[2] = {UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xBB67AE8584CAA73B)};

typedef struct {
    uint64_t high, low;
} product;

ALWAYS_INLINE product multiply(uint64_t x, uint64_t y)
{
    product p;
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 wide;
    const wide whole = (wide)x * y;
    p.high = (uint64_t)(whole >> 64);
    p.low = (uint64_t)whole;
#elif defined(_MSC_VER) && defined(_M_X64)
    p.low = _umul128(x, y, &p.high);
#else
    const uint64_t x_low = x & 0xFFFFFFFFu, x_high = x >> 32, y_low = y & 0xFFFFFFFFu, y_high = y >> 32;
    const uint64_t cross = x_high * y_low + ((x_low * y_low) >> 32);
    const uint64_t other = x_low * y_high + (cross & 0xFFFFFFFFu);
    p.high = x_high * y_high + (cross >> 32) + (other >> 32);
    p.low = x * y;
#endif
    return p;
}

/* A key's rounds, and what the second round makes of a constant. */
typedef struct {
    uint64_t rounds[ROUNDS][2];
    product second;
} schedule;

static inline schedule scheduled(const uint64_t key[2])
{
    schedule s;
    uint64_t a = key[0], b = key[1];
    for (int round = 0; round < ROUNDS; ++round, a += WEYL[0], b += WEYL[1]) {
        s.rounds[round][0] = a;
        s.rounds[round][1] = b;
    }
    /* The first round leaves the key's half in the first word, whatever the counter. */
    s.second = multiply(key[0], MULTIPLIERS[0]);
    return s;
}

/* Writes the four words of a counter. Two of the twenty products have a constant factor or are 0. */
ALWAYS_INLINE void philox(const schedule *s, uint64_t counter, uint64_t out[4])
{
    const product first = multiply(counter, MULTIPLIERS[0]);
    const product third = multiply(first.high ^ s->rounds[0][1], MULTIPLIERS[1]);
    uint64_t a = third.high ^ s->rounds[1][0], b = third.low;
    uint64_t c = s->second.high ^ first.low ^ s->rounds[1][1], d = s->second.low;
#if defined(__GNUC__)
#pragma GCC unroll 8
#endif
    for (int round = 2; round < ROUNDS; ++round) {
        const product p = multiply(a, MULTIPLIERS[0]), q = multiply(c, MULTIPLIERS[1]);
        a = q.high ^ b ^ s->rounds[round][0];
        b = q.low;
        c = p.high ^ d ^ s->rounds[round][1];
        d = p.low;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

/* Stores 64-bit words as they are, or as 32-bit words, the lower half of each first. */
ALWAYS_INLINE void store_words(const uint64_t words[4], uint32_t *out)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (int k = 0; k < 4; ++k) {
        out[2 * k] = (uint32_t)words[k];
        out[2 * k + 1] = (uint32_t)(words[k] >> 32);
    }
#else
    memcpy(out, words, 4 * sizeof *words);
#endif
}

#endif
