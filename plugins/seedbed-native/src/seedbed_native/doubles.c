/* Draws a region in double precision. Every operation is rounded by itself: nothing may be fused.
 *
 * So the build compiles this without fused instructions where it can, and never trusts an option alone: GCC 12
 * makes one of a complex product whatever `-ffp-contract` says.
 */
#include <math.h>

#include "logarithm.h"
#include "places.h"

enum { SEGMENT_SHIFT = 46, SEGMENTS = 64, BIAS = 1023, ROW = 9, FINE_ROWS = 66 * 64 + 1, FAR_ROWS = 5 * 64 };

ALWAYS_INLINE double polynomial(double x, const double *table, int first_exponent, int rows)
{
    int64_t place = (int64_t)(bits_of(x) >> SEGMENT_SHIFT) - (int64_t)(first_exponent + BIAS) * SEGMENTS;
    place = place < 0 ? 0 : place >= rows ? rows - 1 : place;
    const double *row = table + ROW * place;
    const double t = x - row[0];
    double value = row[8];
    for (int k = 7; k > 0; --k)
        value = value * t + row[k];
    return value;
}

ALWAYS_INLINE double minus_log(double u, const double *table)
{
    const double value = 0.0 - log_of(u, 0.0, table);
    return value > 0.0 ? value : 0.0;
}

/* -log(1 - x) for x of at least 0 and at most 1/4. */
ALWAYS_INLINE double minus_log_less(double x)
{
    const double s = x / (2.0 - x), square = s * s;
    double value = 1.0 / 17.0;
    for (int k = 15; k > 0; k -= 2)
        value = value * square + 1.0 / k;
    return 2.0 * s * value;
}

ALWAYS_INLINE double tail_quantile(double q, const seedbed_tables *tables)
{
    if (q < 0x1p-67)
        return polynomial(minus_log(q, tables->log), tables->far, 5, FAR_ROWS);
    return polynomial(q, tables->fine, -67, FINE_ROWS);
}

ALWAYS_INLINE double interval_quantile(double t, const seedbed_law *law, const seedbed_tables *tables)
{
    const double size = fabs(t);
    if (law->below == law->above)
        return copysign(tail_quantile(law->below + law->inside * size, tables), t);
    const double inner = (t < 0 ? law->below : law->above) + law->inside * size;
    const double outer = (t < 0 ? law->above : law->below) + law->inside * (1.0 - size);
    return inner <= outer ? copysign(tail_quantile(inner, tables), t) : copysign(tail_quantile(outer, tables), -t);
}

ALWAYS_INLINE double distance_quantile(double u, const seedbed_law *law, const seedbed_tables *tables)
{
    const double tiny = 0x1p-27, small = 0.5;
    if (law->radius < tiny)
        return sqrt(1.0 - u);
    if (law->radius < small)
        return sqrt(minus_log_less(law->inside * (1.0 - u)));
    return sqrt(minus_log(law->below + law->inside * u, tables->log)); /* `below` has what is outside */
}

ALWAYS_INLINE void on_circle(double turn, const double *circle, double *cosine, double *sine)
{
    const double points = 256.0;
    const int arc = (int)(turn * points);
    const double *point = circle + 2 * arc;
    const double angle = (turn - (arc + 0.5) / points) * 6.283185307179586, square = angle * angle;
    const double c = 1.0 + square * (-1.0 / 2 + square * (1.0 / 24 + square * (-1.0 / 720)));
    const double s = angle * (1.0 + square * (-1.0 / 6 + square * (1.0 / 120 + square * (-1.0 / 5040))));
    *cosine = point[0] * c - point[1] * s;
    *sine = point[1] * c + point[0] * s;
}

static void uniform_doubles(const uint64_t *words, int count, double *out, const seedbed_law *law)
{
    for (int k = 0; k < count; ++k)
        out[k] = ((double)(int64_t)words[k] + law->shift) * law->scale * law->more;
}

static void quantile_doubles(const uint64_t *words, int count, double *out, const seedbed_law *law,
                             const seedbed_tables *tables)
{
    const int every = law->flags & SEEDBED_EVEN_ONLY ? 2 : 1;
    for (int k = 0; k < count; ++k) {
        const double t = ((double)(int64_t)words[k] + 0.5) * 0x1p-64;
        out[k] = interval_quantile(t, law, tables) * law->scale;
    }
    if (law->shift != 0)
        for (int k = 0; k < count; k += every)
            out[k] += law->shift;
}

static void disc_doubles(const uint64_t *words, int count, double *out, const seedbed_law *law,
                         const seedbed_tables *tables)
{
    const double below_one = 1.0 - 0x1p-53;
    for (int k = 0; k < count; k += 2) {
        const double u = ((double)words[k] + 0.5) * 0x1p-64, v = ((double)words[k + 1] + 0.5) * 0x1p-64;
        const double radius = distance_quantile(u, law, tables) * law->scale;
        double cosine, sine;
        on_circle(v < below_one ? v : below_one, tables->circle, &cosine, &sine);
        out[k] = radius * cosine;
        out[k + 1] = radius * sine;
        if (law->shift != 0)
            out[k] += law->shift;
    }
}

/* Reads the words of `count` elements, each `step` from the last, of `parts` words. */
static void read_doubles(const schedule *key, uint64_t element, uint64_t step, uint64_t count, int parts, made *last,
                         uint64_t *out)
{
    uint64_t word = element * (uint64_t)parts;
    if (step == 1) {
        uint64_t left = count * (uint64_t)parts;
        for (; left && word % 4; ++word, --left) {
            make(key, word / 4 + 1, last);
            *out++ = last->words[word % 4];
        }
        for (; left >= 8; word += 8, left -= 8, out += 8) { /* two counters, which do not wait for each other */
            philox(key, word / 4 + 1, out);
            philox(key, word / 4 + 2, out + 4);
        }
        for (; left; ++word, --left) {
            make(key, word / 4 + 1, last);
            *out++ = last->words[word % 4];
        }
        return;
    }
    for (uint64_t k = 0; k < count; ++k, word += step * (uint64_t)parts) {
        make(key, word / 4 + 1, last);
        for (int part = 0; part < parts; ++part)
            *out++ = last->words[(word + (uint64_t)part) % 4];
    }
}

static void clip_doubles(const seedbed_law *law, double *values, int count)
{
    const double low = law->low, high = law->high;
    for (int k = 0; k < count; ++k) {
        double x = values[k];
        x = x < low ? low : x;
        values[k] = x > high ? high : x;
    }
    if (law->flags & SEEDBED_UNSIGNED_ZEROS)
        for (int k = 0; k < count; ++k)
            values[k] += 0.0;
}

static void draw_doubles(const task *job, const seedbed_region *region, uint64_t first, uint64_t last, double *out)
{
    const seedbed_law *law = job->law;
    const int parts = law->parts;
    uint64_t words[AT_A_TIME];
    uint64_t held = 0, offset = first % region->run, left = last - first;
    made counter = {0, {0}};
    walk w = walk_from(region, first / region->run);
    while (left) {
        const uint64_t room = AT_A_TIME / (uint64_t)parts - held;
        uint64_t now = region->run - offset < left ? region->run - offset : left;
        now = now < room ? now : room;
        read_doubles(&job->key, w.start + offset * region->step, region->step, now, parts, &counter,
                     words + held * (uint64_t)parts);
        held += now;
        left -= now;
        if (now == room || !left) {
            const int count = (int)held * parts;
            if (law->kind == SEEDBED_UNIFORM)
                uniform_doubles(words, count, out, law);
            else if (law->kind == SEEDBED_QUANTILE)
                quantile_doubles(words, count, out, law, job->tables);
            else
                disc_doubles(words, count, out, law, job->tables);
            if (law->flags & SEEDBED_CLIPPED)
                clip_doubles(law, out, count);
            out += count;
            held = 0;
        }
        offset += now;
        if (offset == region->run) {
            offset = 0;
            to_next_run(&w);
        }
    }
}

void SEEDBED_NAME(const seedbed_law *law, const seedbed_tables *tables, const seedbed_region *region, uint64_t first,
                  uint64_t last, void *out)
{
    const task job = {law, tables, scheduled(region->key)};
    draw_doubles(&job, region, first, last, out);
}
