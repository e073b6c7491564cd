/* What is drawn: a distribution's numbers, where its elements lie, and their words. */
#ifndef SEEDBED_TASK_H
#define SEEDBED_TASK_H

#include "machine.h"

/* As `seedbed.random.laws` has them. */
enum kind { UNIFORM, LINES, DISC, QUANTILE, FINE_DISC };
enum format { FLOAT16, BFLOAT16, FLOAT32, FLOAT64 };
enum flag { CLIPPED = 1, UNSIGNED_ZEROS = 2, ODD = 4, EVEN_ONLY = 8 };

enum { MOST_AXES = 64, ROUNDS = 10 };

struct law {
    int kind, format, flags, parts;
    double scale, shift, more, low, high;
    double below, inside, above; /* masses of an interval; outside and inside of a disc */
    double radius;
};

/* Rows of doubles, of which a law has those that it needs. */
struct tables {
    const double *lines;         /* slope and constant; first those of positive arguments */
    const double *cosine, *sine; /* slope and constant */
    const double *fine, *far;    /* centre and eight coefficients */
    const double *log;           /* inverse, high, low */
    const double *circle;        /* cosine, sine */
};

/* An axis beside the runs: how many, and how far from one to the next in the stream and in memory. */
struct axis {
    u64 count, words;
    i64 places;
};

/* Runs of words in a row. A number is a real value: a complex element has two words and two numbers.
 *
 * Each thread makes one counter's numbers at a time. The threads that follow each other write what is near in memory:
 * the next counter of a run, or, where elements of a run lie far apart, the same counter of the next run.
 */
struct task {
    law values;
    u64 keys[ROUNDS][2];
    u64 second[2]; /* the second round's product of a constant: high, low */
    tables from;
    void *out;
    u64 base;     /* the first word */
    u64 run;      /* words in a run */
    i64 step;     /* numbers in memory from an element of a run to the next */
    u64 counters; /* that a run may need */
    u64 runs;
    int axes, by_runs; /* by_runs: neighbours are of other runs */
    axis outer[MOST_AXES]; /* the last one's neighbours are nearest in memory */
};

struct place {
    i64 first;  /* where in its run the counter's first word is; it may be before the beginning */
    i64 memory; /* of the run */
    u64 counter;
};

/* Divides in 32 bits where that is enough: 64 take GPUs some hundred instructions. */
EACH u64 divided(u64 x, u64 by, u64 *rest)
{
    u64 quotient;
    if ((x | by) >> 32)
        quotient = x / by;
    else
        quotient = (u32)x / (u32)by;
    *rest = x - quotient * by;
    return quotient;
}

EACH place place_of(const task &job, u64 item, u64 words_of_counter)
{
    u64 run, counter, at;
    if (job.by_runs)
        counter = divided(item, job.runs, &run);
    else if (job.runs == 1)
        run = 0, counter = item;
    else
        run = divided(item, job.counters, &counter);
    place found = {0, 0, 0};
    u64 word = job.base;
    for (int number = job.axes - 1; number >= 0; --number) {
        const axis &along = job.outer[number];
        run = divided(run, along.count, &at);
        word += at * along.words;
        found.memory += (i64)at * along.places;
    }
    found.counter = word / words_of_counter + counter;
    found.first = (i64)(found.counter * words_of_counter - word);
    return found;
}

/* Philox4x64-10 (Salmon et al. 2011). Two of its twenty products have a constant factor, and so come with the task. */
EACH void philox(const task &job, u64 counter, u64 words[4])
{
    const u64 one = 0xD2E7470EE14C6C93u, other = 0xCA5A826395121157u;
    const u64 third = high_of_product(counter, one) ^ job.keys[0][1];
    u64 a = high_of_product(third, other) ^ job.keys[1][0], b = third * other;
    u64 c = job.second[0] ^ (counter * one) ^ job.keys[1][1], d = job.second[1];
    UNROLLED
    for (int round = 2; round < ROUNDS; ++round) {
        const u64 high = high_of_product(a, one), low = a * one;
        a = high_of_product(c, other) ^ b ^ job.keys[round][0];
        b = c * other;
        c = high ^ d ^ job.keys[round][1];
        d = low;
    }
    words[0] = a, words[1] = b, words[2] = c, words[3] = d;
}

#endif
