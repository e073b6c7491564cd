/* Where a region's elements lie, and the words there. */
#ifndef SEEDBED_PLACES_H
#define SEEDBED_PLACES_H

#include "bits.h"
#include "draw.h"
#include "philox.h"

/* Words at a time: with what is made of them they stay in the nearest cache. */
enum { AT_A_TIME = 512, EIGHT = 8 };

typedef struct {
    const seedbed_law *law;
    const seedbed_tables *tables;
    schedule key;
} task;

/* Walks through a region's runs. */
typedef struct {
    const seedbed_region *region;
    uint64_t places[SEEDBED_MOST_AXES];
    uint64_t start; /* of the present run */
} walk;

static walk walk_from(const seedbed_region *region, uint64_t run)
{
    walk w;
    w.region = region;
    w.start = region->base;
    for (int axis = region->axes - 1; axis >= 0; --axis) {
        w.places[axis] = run % region->counts[axis];
        run /= region->counts[axis];
        w.start += w.places[axis] * region->strides[axis];
    }
    return w;
}

static void to_next_run(walk *w)
{
    for (int axis = w->region->axes - 1; axis >= 0; --axis) {
        w->start += w->region->strides[axis];
        if (++w->places[axis] < w->region->counts[axis])
            return;
        w->start -= w->region->counts[axis] * w->region->strides[axis];
        w->places[axis] = 0;
    }
}

/* A counter's words of either size, and which counter it is. */
typedef struct {
    uint64_t counter;
    uint64_t words[4];
} made;

ALWAYS_INLINE void make(const schedule *key, uint64_t counter, made *last)
{
    if (last->counter != counter) {
        philox(key, counter, last->words);
        last->counter = counter;
    }
}

#endif
