/* Draws what a file lists, with the package's own kernels and without Python, and prints a checksum of each draw:
 *
 *     draw_file FILE
 *
 * It stands for the engine on machines for which there is a compiler and an emulator, but no NumPy. The file is
 * written by `draw_lists.py`: 64-bit integers and doubles in little-endian order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/seedbed_native/draw.h"

#ifndef KERNELS
#error "define KERNELS as plain, avx2 or neon"
#endif
#define JOINED(a, b) a##b
#define NAMED(a, b) JOINED(a, b)

enum { TABLES = 7 };

static FILE *file;

static void fail(const char *what)
{
    fprintf(stderr, "draw_file: %s\n", what);
    exit(1);
}

static uint64_t integer(void)
{
    unsigned char bytes[8];
    uint64_t value = 0;
    if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes)
        fail("the file ends too soon");
    for (int k = 7; k >= 0; --k)
        value = value << 8 | bytes[k];
    return value;
}

static double real(void)
{
    const uint64_t bits = integer();
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t checksum(const unsigned char *bytes, size_t count)
{
    uint32_t sum = 0xFFFFFFFFu;
    for (size_t k = 0; k < count; ++k) {
        sum ^= bytes[k];
        for (int bit = 0; bit < 8; ++bit)
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
    }
    return ~sum;
}

static void draw_one(double **tables)
{
    seedbed_law law;
    seedbed_region region;
    const double *needed[TABLES];
    law.kind = (int32_t)integer(), law.format = (int32_t)integer();
    law.flags = (int32_t)integer(), law.parts = (int32_t)integer();
    law.scale = real(), law.shift = real(), law.more = real(), law.low = real(), law.high = real();
    law.below = real(), law.inside = real(), law.above = real(), law.radius = real();
    for (int k = 0; k < TABLES; ++k) {
        const uint64_t number = integer();
        needed[k] = number ? tables[number - 1] : NULL;
    }
    region.key[0] = integer(), region.key[1] = integer();
    region.base = integer(), region.run = integer(), region.step = integer();
    region.axes = (int)integer();
    for (int axis = 0; axis < region.axes; ++axis)
        region.counts[axis] = integer(), region.strides[axis] = integer();
    const uint64_t size = integer();
    const size_t width = law.format == SEEDBED_FLOAT64 ? 8 : law.format == SEEDBED_FLOAT32 ? 4 : 2;
    const size_t bytes = width * (size_t)law.parts * (size_t)size;
    unsigned char *out = malloc(bytes + 1);
    if (!out)
        fail("no memory");
    const seedbed_tables with = {needed[0], needed[1], needed[2], needed[3], needed[4], needed[5], needed[6]};
    if (size)
        (law.format == SEEDBED_FLOAT64 ? NAMED(seedbed_doubles_, KERNELS) : NAMED(seedbed_singles_, KERNELS))(
            &law, &with, &region, 0, size, out);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t start = 0; start < bytes; start += width)
        for (size_t k = 0; k < width / 2; ++k) {
            const unsigned char byte = out[start + k];
            out[start + k] = out[start + width - 1 - k];
            out[start + width - 1 - k] = byte;
        }
#endif
    printf("%08x\n", (unsigned)checksum(out, bytes));
    free(out);
}

int main(int count, char **arguments)
{
    if (count != 2 || !(file = fopen(arguments[1], "rb")))
        fail("usage: draw_file FILE");
    const uint64_t tables = integer();
    double **table = calloc(tables + 1, sizeof *table);
    for (uint64_t k = 0; table && k < tables; ++k) {
        const uint64_t size = integer();
        if (!(table[k] = malloc(size * sizeof **table)))
            fail("no memory");
        for (uint64_t place = 0; place < size; ++place)
            table[k][place] = real();
    }
    if (!table)
        fail("no memory");
    for (uint64_t draws = integer(); draws; --draws)
        draw_one(table);
    for (uint64_t k = 0; k < tables; ++k)
        free(table[k]);
    free(table);
    fclose(file);
    return 0;
}
