/* What is drawn: the values' distribution, the part of the tensor, and where they go. */
#ifndef SEEDBED_DRAW_H
#define SEEDBED_DRAW_H

#include <stddef.h>
#include <stdint.h>

#define SEEDBED_MOST_AXES 64

/* How words become values; the page `docs/reference/stream.md` has each by its name. */
enum seedbed_kind {
    SEEDBED_UNIFORM, /* words of either size */
    SEEDBED_LINES,   /* 32-bit words: normal values in an interval */
    SEEDBED_DISC,    /* 32-bit words: complex normal values in a disc */
    SEEDBED_QUANTILE, /* 64-bit words: normal values in an interval */
    SEEDBED_FINE_DISC /* 64-bit words: complex normal values in a disc */
};

enum seedbed_format { SEEDBED_FLOAT16, SEEDBED_BFLOAT16, SEEDBED_FLOAT32, SEEDBED_FLOAT64 };

enum seedbed_flag {
    SEEDBED_CLIPPED = 1,  /* values are clipped to [low, high] */
    SEEDBED_UNSIGNED_ZEROS = 2, /* -0 becomes 0 */
    SEEDBED_ODD = 4,      /* lines for positive arguments alone stand for both signs */
    SEEDBED_EVEN_ONLY = 8 /* the shift counts for every other value: the real parts */
};

/* Little of it is of use to every kind. Python packs it in this order: see `seedbed.random.laws`. */
typedef struct {
    int32_t kind, format, flags, parts; /* parts: real values to an element, 2 for complex ones */
    double scale, shift;
    double more;                 /* uniform: a second scale, for tiny spans */
    double low, high;            /* limits */
    double below, inside, above; /* masses of an interval; outside and inside of a disc */
    double radius;
} seedbed_law;

/* Runs of elements at equal distances, as `seedbed.random.Region` describes them. */
typedef struct {
    uint64_t key[2];
    uint64_t base;
    uint64_t run;
    uint64_t step;
    int axes;
    uint64_t counts[SEEDBED_MOST_AXES];
    uint64_t strides[SEEDBED_MOST_AXES];
} seedbed_region;

/* Tables of doubles, which Python makes and keeps. */
typedef struct {
    const double *lines;  /* pairs of slope and constant: 32768 for positive arguments, as many for negative */
    const double *cosine; /* pairs of slope and constant, 16384 of each */
    const double *sine;
    const double *fine; /* rows of 9 doubles: the centre and 8 coefficients */
    const double *far;
    const double *log;    /* rows of 3 */
    const double *circle; /* rows of 2 */
} seedbed_tables;

/* Writes elements `first` to `last` - 1 of the region, in its order, to `out`, which has room for those alone. */
typedef void seedbed_draw(const seedbed_law *, const seedbed_tables *, const seedbed_region *, uint64_t first,
                          uint64_t last, void *out);

/* One pair for each set of instructions that this machine's compiler knows. */
typedef struct {
    seedbed_draw *singles, *doubles;
} seedbed_kernels;

seedbed_draw seedbed_singles_plain, seedbed_doubles_plain;
seedbed_draw seedbed_singles_avx2, seedbed_doubles_avx2;
seedbed_draw seedbed_singles_neon, seedbed_doubles_neon;

#endif
