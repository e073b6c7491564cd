/* The random stream, version 1, written from docs/reference/stream.md alone.
 *
 * It is here to be compared with the engine, bit for bit, so it follows the page word by word and is not fast.
 *
 *     stream_reference TABLES DTYPE KEY_LOW KEY_HIGH FIRST COUNT words
 *     stream_reference TABLES DTYPE KEY_LOW KEY_HIGH FIRST COUNT uniform LOW HIGH
 *     stream_reference TABLES DTYPE KEY_LOW KEY_HIGH FIRST COUNT normal MEAN STDDEV
 *     stream_reference TABLES DTYPE KEY_LOW KEY_HIGH FIRST COUNT truncated MEAN STDDEV BELOW INSIDE ABOVE LOW HIGH
 *     stream_reference TABLES DTYPE KEY_LOW KEY_HIGH FIRST COUNT disc MEAN STDDEV RADIUS OUTSIDE INSIDE
 *
 * writes elements FIRST to FIRST + COUNT - 1 to standard output, as they stand in memory. Keys are hexadecimal,
 * parameters hexadecimal floats. With `sum` in front of the distribution it writes instead a sum of the values before they
 * are rounded to the dtype, which shows more than the values.
 *
 * For 32-bit words the compiler may fuse products and sums: the functions marked DOUBLES are those in which it
 * must not.
 *
 *     stream_reference TABLES log
 *     stream_reference TABLES exp
 *     stream_reference TABLES power
 *
 * reads doubles from standard input, for power x and y in turn, and writes the function's values.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Double precision, and the making of lines: one rounding for each operation. */
#if defined(__clang__)
#define DOUBLES
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#define DOUBLES __attribute__((noinline, optimize("fp-contract=off")))
#else
#define DOUBLES
#endif

#if FLT_EVAL_METHOD != 0
#error "intermediate results have more digits than double; the page rules that out"
#endif

enum { FINE_ROWS = 4225, FAR_ROWS = 320, PARTS = 512, ARCS = 256, LINES = 32 * 1024, ARC_LINES = 16384 };

static struct {
    double fine[FINE_ROWS][9];
    double far[FAR_ROWS][9];
    double log[PARTS][3];
    double exp[PARTS][2];
    double circle[ARCS][2];
} tables;

static void fail(const char *what)
{
    fprintf(stderr, "stream_reference: %s\n", what);
    exit(1);
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The bytes of the file are little-endian whatever the machine is. */
static void read_tables(const char *path)
{
    FILE *file = fopen(path, "rb");
    double *numbers = (double *)&tables;
    unsigned char bytes[8];
    if (!file)
        fail("cannot open the tables");
    for (size_t i = 0; i < sizeof tables / sizeof *numbers; i++) {
        uint64_t bits = 0;
        if (fread(bytes, 1, 8, file) != 8)
            fail("the tables are too short");
        for (int k = 7; k >= 0; k--)
            bits = bits << 8 | bytes[k];
        numbers[i] = double_of(bits);
    }
    if (fgetc(file) != EOF)
        fail("the tables are too long");
    fclose(file);
}

/* Words */

static uint64_t key_low, key_high;

static void product(uint64_t x, uint64_t y, uint64_t *high, uint64_t *low)
{
    uint64_t x0 = x & 0xFFFFFFFF, x1 = x >> 32, y0 = y & 0xFFFFFFFF, y1 = y >> 32;
    uint64_t middle = x1 * y0 + (x0 * y0 >> 32);
    uint64_t other = x0 * y1 + (middle & 0xFFFFFFFF);
    *high = x1 * y1 + (middle >> 32) + (other >> 32);
    *low = x * y;
}

static uint64_t word64(uint64_t n)
{
    static uint64_t c[4], counter; /* 0 is no counter */
    uint64_t k0 = key_low, k1 = key_high;
    if (counter == n / 4 + 1)
        return c[n % 4];
    counter = c[0] = n / 4 + 1;
    c[1] = c[2] = c[3] = 0;
    for (int round = 0; round < 10; round++) {
        uint64_t high_a, low_a, high_b, low_b;
        product(0xD2E7470EE14C6C93, c[0], &high_a, &low_a);
        product(0xCA5A826395121157, c[2], &high_b, &low_b);
        uint64_t c0 = high_b ^ c[1] ^ k0, c2 = high_a ^ c[3] ^ k1;
        c[0] = c0, c[1] = low_b, c[2] = c2, c[3] = low_a;
        k0 += 0x9E3779B97F4A7C15;
        k1 += 0xBB67AE8584CAA73B;
    }
    return c[n % 4];
}

static uint32_t word32(uint64_t n)
{
    return (uint32_t)(word64(n / 2) >> (n % 2 ? 32 : 0));
}

static int W;

static double unsigned_word(uint64_t n)
{
    return W == 32 ? (double)word32(n) : (double)word64(n);
}

static double signed_word(uint64_t n)
{
    return W == 32 ? (double)(int32_t)word32(n) : (double)(int64_t)word64(n);
}

DOUBLES static double unit(uint64_t n)
{
    return (unsigned_word(n) + 0.5) * (W == 32 ? 0x1p-32 : 0x1p-64);
}

/* Functions */

static int row_of(double x, int first_exponent)
{
    return (int)((int64_t)(bits_of(x) >> 46) - (int64_t)(first_exponent + 1023) * 64);
}

DOUBLES static double polynomial(const double *row, double x)
{
    double t = x - row[0], value = row[8];
    for (int k = 7; k >= 1; k--) {
        value = value * t;
        value = value + row[k];
    }
    return value;
}

/* x without its lowest 27 bits */
static double head(double x)
{
    return double_of(bits_of(x) & ~(uint64_t)0x7FFFFFF);
}

/* What log and power begin with, of a finite x above 0. */
DOUBLES static void reduce(double x, double *r, double *a, double *b)
{
    double lowered = x < 0x1p-1022 ? 54 : 0;
    if (x < 0x1p-1022)
        x = x * 0x1p54;
    int64_t d = (int64_t)(bits_of(x) - 0x3FE6A00000000000), octave = (int64_t)((uint64_t)d >> 52);
    if (octave >= 2048)
        octave -= 4096;
    double m = double_of(bits_of(x) - ((uint64_t)octave << 52)), k = (double)octave - lowered;
    const double *row = tables.log[(uint64_t)d >> 43 & 511];
    *r = (head(m) * row[0] - 1) + (m - head(m)) * row[0];
    *a = k * 0x1.62e42fefa38p-1 + row[1];
    *b = k * 0x1.ef35793c7673p-45 + row[2];
}

static double log_edge(double x)
{
    return x == 0 ? -INFINITY : x > 0 ? INFINITY : double_of(0x7FF8000000000000);
}

DOUBLES static double exact_log(double x)
{
    double r, a, b, v = 1.0 / 7;
    if (!(x > 0 && x < INFINITY))
        return log_edge(x);
    reduce(x, &r, &a, &b);
    double w = a + r, e = (a - w) + r;
    v = v * r + -1.0 / 6;
    v = v * r + 1.0 / 5;
    v = v * r + -1.0 / 4;
    v = v * r + 1.0 / 3;
    v = v * r + -1.0 / 2;
    return w + ((b + e) + v * (r * r));
}

DOUBLES static double exp_of_sum(double p, double q)
{
    if (isnan(p))
        return double_of(0x7FF8000000000000);
    if (p > 720)
        return INFINITY;
    if (p < -750)
        return 0;
    double k = rint(p * 0x1.71547652b82fep+9);
    double r = ((p - k * 0x1.62e42ffp-10) - k * -0x1.718432a1b0e26p-44) + q;
    double v = 1.0 / 120;
    v = v * r + 1.0 / 24;
    v = v * r + 1.0 / 6;
    v = v * r + 1.0 / 2;
    int n = (int)floor(k / 512), j = (int)k - 512 * n;
    double t = (v * (r * r) + r) * tables.exp[j][0] + tables.exp[j][1];
    double value = tables.exp[j][0] + t;
    if (ldexp(value, n + 1022) >= 1)
        return ldexp(value, n);
    double u = ldexp(tables.exp[j][0], n + 1022), s = 1 + u;
    return ((s + (((1 - s) + u) + ldexp(t, n + 1022))) - 1) * 0x1p-1022;
}

static double exact_exp(double x)
{
    return exp_of_sum(x, 0);
}

DOUBLES static double power(double x, double y)
{
    double r, a, b, v = -1.0 / 8;
    if (x == 1 || y == 0)
        return 1;
    if (!(x > 0 && x < INFINITY))
        return exp_of_sum(y * log_edge(x), 0);
    reduce(x, &r, &a, &b);
    double w = a + r, e = (a - w) + r;
    double s = head(r), g = (-0.5 * s) * s, c = ((r - s) * (s + r)) * -0.5;
    double h = w + g, f = (w - h) + g;
    v = v * r + 1.0 / 7;
    v = v * r + -1.0 / 6;
    v = v * r + 1.0 / 5;
    v = v * r + -1.0 / 4;
    v = v * r + 1.0 / 3;
    double l = (((b + e) + f) + c) + v * ((r * r) * r);
    if (!(fabs(y * h) < 800))
        return exp_of_sum(y * h, 0);
    return exp_of_sum(head(y) * head(h), (y - head(y)) * head(h) + y * ((h - head(h)) + l));
}

DOUBLES static double minus_log(double u)
{
    double value = 0 - exact_log(u);
    return value > 0 ? value : 0;
}

DOUBLES static double minus_log_less(double x)
{
    double s = x / (2 - x), square = s * s, value = 1.0 / 17;
    for (int k = 15; k >= 1; k -= 2) {
        value = value * square;
        value = value + 1.0 / k;
    }
    return 2 * s * value;
}

DOUBLES static double fine(double q)
{
    if (q < 0x1p-67) {
        double l = minus_log(q);
        return polynomial(tables.far[row_of(l, 5)], l);
    }
    return polynomial(tables.fine[row_of(q, -67)], q);
}

static double below, inside, above;

/* The value for a signed part t of the interval's mass. */
DOUBLES static double interval(double t)
{
    double size = fabs(t), near = (t < 0 ? below : above) + inside * size;
    double far = (t < 0 ? above : below) + inside * (1 - size);
    if (below == above || near <= far)
        return copysign(fine(near), t);
    return copysign(fine(far), -t);
}

DOUBLES static void circle(double turn, double *x, double *y)
{
    int arc = (int)(turn * 256);
    double angle = (turn - (arc + 0.5) / 256) * 6.283185307179586, square = angle * angle;
    double c = 1 + square * (-1.0 / 2 + square * (1.0 / 24 + square * (-1.0 / 720)));
    double s = angle * (1 + square * (-1.0 / 6 + square * (1.0 / 120 + square * (-1.0 / 5040))));
    double cosine = tables.circle[arc][0], sine = tables.circle[arc][1];
    *x = cosine * c - sine * s;
    *y = sine * c + cosine * s;
}

/* How far from its centre a value of a disc lies, for the part u of its mass that lies further out. */
static double radius, outside, inside_disc;

DOUBLES static double distance(double u)
{
    if (radius < 0x1p-27)
        return sqrt(1 - u);
    if (radius < 0.5)
        return sqrt(minus_log_less(inside_disc * (1 - u)));
    return sqrt(minus_log(outside + inside_disc * u));
}

/* Lines */

struct line { double slope, constant; };

/* From the values at the two ends of a segment and in its middle m. */
DOUBLES static struct line line_of(double start, double at_middle, double end, double width, double m)
{
    uint64_t bits = bits_of((end - start) / width);
    double slope = double_of((bits + 0x80000000) & ~(uint64_t)0xFFFFFFFF);
    struct line line = {slope, 0.5 * (0.5 * (start + end) + at_middle) - slope * m};
    return line;
}

static struct line lines[2][LINES], arcs[2][ARC_LINES];

static double signed_distance(double t)
{
    return distance(t < 0 ? 1 + t : t);
}

static void make_lines(double (*curve)(double))
{
    for (int side = 0; side < 2; side++)
        for (int e = -33; e <= -2; e++)
            for (int j = 0; j < 1024; j++) {
                double unit = side ? -ldexp(1, e) : ldexp(1, e);
                double p = unit * (1 + j / 1024.0), r = unit * (1 + (j + 1) / 1024.0);
                double m = unit * (1 + (2 * j + 1) / 2048.0);
                lines[side][(e + 33) * 1024 + j] = line_of(curve(p), curve(m), curve(r), unit / 1024, m);
            }
}

static void make_arcs(void)
{
    for (int arc = 0; arc < ARC_LINES; arc++) {
        double p[2], m[2], r[2];
        circle(arc / 16384.0, &p[0], &p[1]);
        circle((arc + 0.5) / 16384, &m[0], &m[1]);
        circle((arc + 1) % ARC_LINES / 16384.0, &r[0], &r[1]);
        for (int k = 0; k < 2; k++)
            arcs[k][arc] = line_of(p[k], m[k], r[k], 0x1p18, 0);
    }
}

/* The value of the lines' curve at y * 2^-32. */
static double coarse(double y)
{
    int row = (int)((int64_t)(bits_of(fabs(y) * 0x1p-32) >> 42) - (-33 + 1023) * 1024);
    struct line line = lines[y < 0][row];
    return line.slope * 0x1p-32 * y + line.constant;
}

static void coarse_circle(uint32_t word, double *x, double *y)
{
    uint32_t arc = word >> 18;
    double place = (double)(word % (1 << 18)) - (0x1p17 - 0.5);
    *x = arcs[0][arc].slope * place + arcs[0][arc].constant;
    *y = arcs[1][arc].slope * place + arcs[1][arc].constant;
}

/* Distributions */

static double standard_normal(uint64_t n)
{
    double x = signed_word(n) + 0.5;
    return W == 32 ? coarse(x) : interval(x * 0x1p-64);
}

/* The product, in single precision without its last bit. */
static double cleared(double product)
{
    return double_of(bits_of(product) & ~(uint64_t)1);
}

DOUBLES static double scaled_double(double z, double scale, double shift)
{
    return shift != 0 ? z * scale + shift : z * scale;
}

/* The mean counts for the real part of a complex element alone, but both parts lose their last bits. */
static double scaled(double z, double scale, double mean, int is_imaginary)
{
    double shift = is_imaginary ? -0.0 : mean; /* x + -0 is x */
    if (W == 64)
        return scaled_double(z, scale, shift);
    return mean != 0 ? cleared(z * scale) + shift : z * scale;
}

/* Rounding */

enum kind { FLOAT16, BFLOAT16, FLOAT32, FLOAT64 };

static enum kind kind;
static int sums;
static uint64_t sum = 0xCBF29CE484222325; /* FNV-1a, by words */

/* The bits of the half precision with so many mantissa bits and this bias that is nearest to a float. */
static uint16_t half_of(float x, int mantissa_bits, int bias)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    double size = fabs((double)x);
    int exponent;
    if (size == 0)
        return sign;
    frexp(size, &exponent);
    exponent = exponent - 1 > 1 - bias ? exponent - 1 : 1 - bias;
    /* size is in units of the last place below; rint rounds to nearest, ties to even. */
    double units = rint(ldexp(size, mantissa_bits - exponent));
    uint16_t whole = (uint16_t)((exponent + bias - 1) << mantissa_bits);
    return sign | (uint16_t)(whole + (uint16_t)units);
}

static double double_of_half(uint16_t bits, int mantissa_bits, int bias)
{
    int exponent = (bits & 0x7FFF) >> mantissa_bits, mantissa = bits & ((1 << mantissa_bits) - 1);
    double size = exponent ? ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits)
                           : ldexp(mantissa, 1 - bias - mantissa_bits);
    return bits & 0x8000 ? -size : size;
}

/* The value of the dtype that a double is rounded to. */
static double rounded(double x)
{
    if (sums)
        sum = (sum ^ bits_of(x)) * 0x100000001B3;
    switch (kind) {
    case FLOAT64: return x;
    case FLOAT32: return (float)x;
    case FLOAT16: return double_of_half(half_of((float)x, 10, 15), 10, 15);
    case BFLOAT16: return double_of_half(half_of((float)x, 7, 127), 7, 127);
    }
    return x;
}

/* The neighbour of a finite value of the dtype, upwards or downwards. */
static double neighbour(double x, int up)
{
    double towards = up ? INFINITY : -INFINITY;
    if (kind == FLOAT64)
        return nextafter(x, towards);
    if (kind == FLOAT32)
        return nextafterf((float)x, (float)towards);
    int mantissa_bits = kind == FLOAT16 ? 10 : 7, bias = kind == FLOAT16 ? 15 : 127;
    uint16_t bits = half_of((float)x, mantissa_bits, bias);
    if (x == 0)
        bits = up ? 0x0001 : 0x8001;
    else
        bits = (uint16_t)((x > 0) == up ? bits + 1 : bits - 1);
    return double_of_half(bits, mantissa_bits, bias);
}

static double least(double low)
{
    double x = isinf(low) ? low : rounded(low);
    return x < low ? neighbour(x, 1) : x;
}

static double greatest(double high, int open)
{
    double x = isinf(high) ? high : rounded(high);
    return x > high || (open && x >= high) ? neighbour(x, 0) : x;
}

static double clipped(double x, double from, double to)
{
    x = x < from ? from : x;
    x = x > to ? to : x;
    return from == 0 || to == 0 ? x + 0.0 : x;
}

static void put_bytes(const void *bytes, size_t size)
{
    if (!sums)
        fwrite(bytes, size, 1, stdout);
}

static void put(double x)
{
    float single = (float)x;
    uint16_t half;
    switch (kind) {
    case FLOAT64: put_bytes(&x, sizeof x); break;
    case FLOAT32: put_bytes(&single, sizeof single); break;
    case FLOAT16: half = half_of(single, 10, 15), put_bytes(&half, sizeof half); break;
    case BFLOAT16: half = half_of(single, 7, 127), put_bytes(&half, sizeof half); break;
    }
}

static void put_words(uint64_t first, uint64_t count)
{
    for (uint64_t n = first; n < first + count; n++) {
        uint64_t word = word64(n);
        put_bytes(&word, sizeof word);
    }
}

static void put_function(const char *name)
{
    int of_two = !strcmp(name, "power");
    double x[2];
    if (!of_two && strcmp(name, "log") && strcmp(name, "exp"))
        fail("no such function");
    while (fread(x, sizeof *x, of_two ? 2 : 1, stdin) == (of_two ? 2 : 1)) {
        double value = of_two ? power(x[0], x[1]) : *name == 'l' ? exact_log(x[0]) : exact_exp(x[0]);
        fwrite(&value, sizeof value, 1, stdout);
    }
}

int main(int argc, char **argv)
{
    double p[7] = {0};
    if (argc == 3) {
        read_tables(argv[1]);
        put_function(argv[2]);
        return fflush(stdout) ? 1 : 0;
    }
    if (argc < 8)
        fail("too few arguments");
    read_tables(argv[1]);
    sums = !strcmp(argv[7], "sum");
    const char *dtype = argv[2], *distribution;
    int parts = strncmp(dtype, "complex", 7) == 0 ? 2 : 1;
    kind = !strcmp(dtype, "float16")                                 ? FLOAT16
           : !strcmp(dtype, "bfloat16")                              ? BFLOAT16
           : !strcmp(dtype, "float32") || !strcmp(dtype, "complex64") ? FLOAT32
                                                                     : FLOAT64;
    W = kind == FLOAT64 ? 64 : 32;
    key_low = strtoull(argv[3], NULL, 16);
    key_high = strtoull(argv[4], NULL, 16);
    uint64_t first = strtoull(argv[5], NULL, 10) * (uint64_t)parts;
    uint64_t count = strtoull(argv[6], NULL, 10) * (uint64_t)parts;
    argv += sums, argc -= sums;
    distribution = argv[7];
    for (int i = 8; i < argc && i < 15; i++)
        p[i - 8] = strtod(argv[i], NULL);

    if (!strcmp(distribution, "words")) {
        put_words(first, count);
    } else if (!strcmp(distribution, "uniform")) {
        double from = least(p[0]), to = greatest(p[1], 1), span = p[1] - p[0];
        double more = span < 0x1p-900 ? 0x1p-900 : 1, step = span / more * (W == 32 ? 0x1p-32 : 0x1p-64);
        double shift = (p[0] / span + 0.5) * (W == 32 ? 0x1p32 : 0x1p64) + 0.5;
        for (uint64_t n = first; n < first + count; n++) {
            double value = (signed_word(n) + shift) * step * more;
            put(p[0] < p[1] ? clipped(rounded(value), from, to) : rounded(p[0]));
        }
    } else if (!strcmp(distribution, "normal")) {
        double scale = parts == 2 ? p[1] * 0.7071067811865476 : p[1];
        below = above = 0, inside = 1;
        make_lines(interval);
        for (uint64_t n = first; n < first + count; n++)
            put(rounded(scaled(standard_normal(n), scale, p[0], n % (uint64_t)parts != 0)));
    } else if (!strcmp(distribution, "truncated")) {
        double from = least(p[5]), to = greatest(p[6], 0);
        below = p[2], inside = p[3], above = p[4];
        make_lines(interval);
        for (uint64_t n = first; n < first + count; n++)
            put(clipped(rounded(scaled(standard_normal(n), p[1], p[0], 0)), from, to));
    } else if (!strcmp(distribution, "disc")) {
        double scale = (p[2] < 0x1p-27 ? p[2] * p[1] : p[1]) * (W == 32 ? 1 - 0x1p-22 : 1 - 0x1p-50);
        radius = p[2], outside = p[3], inside_disc = p[4];
        make_lines(signed_distance);
        make_arcs();
        for (uint64_t n = first; n < first + count; n += 2) {
            double r = (W == 32 ? coarse(signed_word(n) + 0.5) : distance(unit(n))) * scale, turn, x, y;
            if (W == 32) {
                coarse_circle(word32(n + 1), &x, &y);
            } else {
                turn = unit(n + 1);
                circle(turn < 1 - 0x1p-53 ? turn : 1 - 0x1p-53, &x, &y);
            }
            put(rounded(scaled(x, r, p[0], 0)));
            put(rounded(scaled(y, r, p[0], 1)));
        }
    } else {
        fail("no such distribution");
    }
    if (sums)
        printf("%016" PRIx64 "\n", sum);
    return fflush(stdout) ? 1 : 0;
}
