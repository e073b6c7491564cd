/* Draws a region in single and half precision. The build compiles this once for each set of instructions. */
#include "finish.h"
#include "places.h"
#include "singles.h"

enum { COUNTERS = AT_A_TIME / EIGHT };

/* Runs of at least so many elements are worth the loop that makes words and values at once. */
enum { LONG_RUN = 192 };

/* Writes the values of `count` words, of which some beyond the end are read, and room for as many written. */
typedef void convert(const task *, const uint32_t *words, int count, float *out);
/* Does so for `AT_A_TIME` words, and meanwhile makes the next ones. */
typedef void convert_and_read(const task *, const uint32_t *words, float *out, uint64_t counter, uint32_t *next);

static void read_counters(const schedule *key, uint64_t counter, int count, uint32_t *out)
{
    for (int k = 0; k < count; k += 2) { /* two at a time, which do not wait for each other */
        uint64_t words[4], others[4];
        philox(key, counter + (uint64_t)k, words);
        philox(key, counter + (uint64_t)k + 1, others);
        store_words(words, out + EIGHT * k);
        if (k + 1 < count)
            store_words(others, out + EIGHT * (k + 1));
    }
}

#define CONVERTER(NAME, EIGHT_OF_THEM)                                                                         \
    static void NAME(const task *job, const uint32_t *words, int count, float *out)                             \
    {                                                                                                          \
        const seedbed_law law = *job->law;                                                                     \
        const seedbed_tables tables = *job->tables;                                                            \
        (void)tables;                                                                                          \
        int k = 0;                                                                                             \
        for (; k + EIGHT <= count; k += EIGHT)                                                                 \
            EIGHT_OF_THEM(words + k, out + k);                                                                 \
        if (k < count) {                                                                                       \
            float rest[EIGHT];                                                                                 \
            EIGHT_OF_THEM(words + k, rest);                                                                    \
            memcpy(out + k, rest, sizeof(float) * (size_t)(count - k));                                        \
        }                                                                                                      \
    }                                                                                                          \
    static void NAME##_and_read(const task *job, const uint32_t *words, float *out, uint64_t counter,           \
                                uint32_t *next)                                                                \
    {                                                                                                          \
        const seedbed_law law = *job->law;                                                                     \
        const seedbed_tables tables = *job->tables;                                                            \
        const schedule key = job->key;                                                                         \
        (void)tables;                                                                                          \
        for (int k = 0; k < COUNTERS; k += 2) {                                                                \
            uint64_t four[4], others[4];                                                                       \
            philox(&key, counter + (uint64_t)k, four);                                                         \
            philox(&key, counter + (uint64_t)k + 1, others);                                                   \
            store_words(four, next + EIGHT * k);                                                               \
            store_words(others, next + EIGHT * (k + 1));                                                       \
            EIGHT_OF_THEM(words + EIGHT * k, out + EIGHT * k);                                                 \
            EIGHT_OF_THEM(words + EIGHT * (k + 1), out + EIGHT * (k + 1));                                     \
        }                                                                                                      \
    }

#define UNIFORM8(words, out) uniform8(words, out, &law)
#define ODD8(words, out) lines8(words, out, &law, tables.lines, 1, 0)
#define ODD_SHIFTED8(words, out) lines8(words, out, &law, tables.lines, 1, 1)
#define ODD_EVEN8(words, out) lines8(words, out, &law, tables.lines, 1, SEEDBED_EVEN_ONLY)
#define ANY8(words, out) lines8(words, out, &law, tables.lines, 0, 0)
#define ANY_SHIFTED8(words, out) lines8(words, out, &law, tables.lines, 0, 1)
#define DISC8(words, out) disc8(words, out, &law, &tables)

CONVERTER(uniform, UNIFORM8)
CONVERTER(odd, ODD8)
CONVERTER(odd_shifted, ODD_SHIFTED8)
CONVERTER(odd_even, ODD_EVEN8)
CONVERTER(any, ANY8)
CONVERTER(any_shifted, ANY_SHIFTED8)
CONVERTER(disc, DISC8)

typedef struct {
    convert *convert;
    convert_and_read *convert_and_read;
} converter;

static converter converter_of(const seedbed_law *law)
{
    static const converter uniforms = {uniform, uniform_and_read}, discs = {disc, disc_and_read};
    static const converter odds = {odd, odd_and_read}, shifted = {odd_shifted, odd_shifted_and_read};
    static const converter complexes = {odd_even, odd_even_and_read}, anys = {any, any_and_read};
    static const converter any_shifteds = {any_shifted, any_shifted_and_read};
    if (law->kind == SEEDBED_UNIFORM)
        return uniforms;
    if (law->kind == SEEDBED_DISC)
        return discs;
    if (!(law->flags & SEEDBED_ODD))
        return law->shift != 0 ? any_shifteds : anys;
    if (law->shift == 0)
        return odds;
    return law->flags & SEEDBED_EVEN_ONLY ? complexes : shifted;
}

/* Where values go: straight to `out`, if they are singles, or by way of a room. */
static float *room_of(const seedbed_law *law, char *out, uint64_t place, float *room)
{
    return law->format == SEEDBED_FLOAT32 ? (float *)(void *)out + place : room;
}

static void finish_singles(const seedbed_law *law, float *values, int count, char *out, uint64_t place)
{
    if (law->format == SEEDBED_FLOAT32) {
        if (law->flags & SEEDBED_CLIPPED)
            clip_singles(law, values, count);
    } else {
        if (law->flags & SEEDBED_CLIPPED)
            clip_singles(law, values, count);
        write_halves(law, values, count, (uint16_t *)(void *)out + place);
    }
}

/* Draws `count` words in a row from `start`. */
static void draw_long_run(const task *job, converter with, uint64_t start, uint64_t count, char *out, uint64_t place)
{
    uint32_t rooms[2][AT_A_TIME + EIGHT] = {{0}};
    float values[AT_A_TIME + EIGHT];
    uint32_t *words = rooms[0], *next = rooms[1];
    uint64_t counter = start / EIGHT + 1;
    int skip = (int)(start % EIGHT);
    const uint64_t needed = (count + (uint64_t)skip + EIGHT - 1) / EIGHT;
    read_counters(&job->key, counter, needed < COUNTERS ? (int)needed : COUNTERS, words);
    counter += COUNTERS;
    while (count) {
        const int room = AT_A_TIME - skip;
        const int now = count < (uint64_t)room ? (int)count : room;
        float *target = room_of(job->law, out, place, values);
        const uint64_t left = count - (uint64_t)now;
        if (left >= AT_A_TIME && now == AT_A_TIME) {
            with.convert_and_read(job, words, target, counter, next);
        } else {
            if (left) {
                const uint64_t counters = (left + EIGHT - 1) / EIGHT;
                read_counters(&job->key, counter, counters < COUNTERS ? (int)counters : COUNTERS, next);
            }
            with.convert(job, words + skip, now, target);
        }
        finish_singles(job->law, target, now, out, place);
        uint32_t *other = words;
        words = next;
        next = other;
        counter += COUNTERS;
        place += (uint64_t)now;
        count = left;
        skip = 0;
    }
}

/* Reads the words of `count` elements, each `step` from the last, of `parts` words. */
static void read_singles(const schedule *key, uint64_t element, uint64_t step, uint64_t count, int parts,
                         made *last, uint32_t *out)
{
    if (step == 1) {
        uint64_t word = element * (uint64_t)parts, left = count * (uint64_t)parts;
        while (left && word % EIGHT == 0 && left >= EIGHT) {
            uint64_t words[4];
            philox(key, word / EIGHT + 1, words);
            store_words(words, out);
            word += EIGHT, left -= EIGHT, out += EIGHT;
        }
        while (left) {
            uint32_t eight[EIGHT];
            const uint64_t within = word % EIGHT, some = left < EIGHT - within ? left : EIGHT - within;
            make(key, word / EIGHT + 1, last);
            store_words(last->words, eight);
            memcpy(out, eight + within, sizeof *out * some);
            word += some, left -= some, out += some;
            while (left >= EIGHT) {
                uint64_t words[4];
                philox(key, word / EIGHT + 1, words);
                store_words(words, out);
                word += EIGHT, left -= EIGHT, out += EIGHT;
            }
        }
        return;
    }
    for (uint64_t k = 0; k < count; ++k, element += step) {
        const uint64_t word = element * (uint64_t)parts;
        make(key, word / EIGHT + 1, last);
        for (int part = 0; part < parts; ++part) {
            const uint64_t within = (word + (uint64_t)part) % EIGHT;
            *out++ = (uint32_t)(last->words[within / 2] >> (within % 2 * 32));
        }
    }
}

static void draw_singles(const task *job, const seedbed_region *region, uint64_t first, uint64_t last, char *out)
{
    const converter with = converter_of(job->law);
    const int parts = job->law->parts;
    const uint64_t at_a_time = AT_A_TIME / (uint64_t)parts;
    uint32_t words[AT_A_TIME + EIGHT] = {0};
    float values[AT_A_TIME + EIGHT];
    uint64_t place = 0, held = 0, offset = first % region->run, left = last - first;
    made counter = {0, {0}};
    walk w = walk_from(region, first / region->run);
    while (left) {
        uint64_t now = region->run - offset < left ? region->run - offset : left;
        const uint64_t element = w.start + offset * region->step;
        if (held == 0 && region->step == 1 && now >= LONG_RUN) {
            draw_long_run(job, with, element * (uint64_t)parts, now * (uint64_t)parts, out, place);
            place += now * (uint64_t)parts;
        } else {
            if (now > at_a_time - held)
                now = at_a_time - held;
            read_singles(&job->key, element, region->step, now, parts, &counter, words + held * (uint64_t)parts);
            held += now;
            if (held == at_a_time || now == left) {
                const int count = (int)held * parts;
                float *target = room_of(job->law, out, place, values);
                with.convert(job, words, count, target);
                finish_singles(job->law, target, count, out, place);
                place += (uint64_t)count;
                held = 0;
            }
        }
        left -= now;
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
    draw_singles(&job, region, first, last, out);
}
