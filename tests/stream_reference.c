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
 * parameters hexadecimal floats.
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

#if FLT_EVAL_METHOD != 0
#error "intermediate results have more digits than double; the page rules that out"
#endif

enum { FINE_ROWS = 4225, FAR_ROWS = 320, PARTS = 512, ARCS = 256, LINES = 32 * 1024 };

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

static double sign_of(double x)
{
    return bits_of(x) >> 63 ? -1.0 : 1.0;
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
    uint64_t c[4] = {n / 4 + 1, 0, 0, 0}, k0 = key_low, k1 = key_high;
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

static double unit(uint64_t n)
{
    return (unsigned_word(n) + 0.5) * (W == 32 ? 0x1p-32 : 0x1p-64);
}

/* Functions */

static int row_of(double x, int first_exponent)
{
    return (int)((int64_t)(bits_of(x) >> 46) - (int64_t)(first_exponent + 1023) * 64);
}

static double polynomial(const double *row, double x)
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
static void reduce(double x, double *r, double *a, double *b)
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

static double exact_log(double x)
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

static double exp_of_sum(double p, double q)
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
    double value = ldexp(tables.exp[j][0] + t, n);
    if (value >= 0x1p-1022)
        return value;
    double u = ldexp(tables.exp[j][0], n + 1022), s = 1 + u;
    return ((s + (((1 - s) + u) + ldexp(t, n + 1022))) - 1) * 0x1p-1022;
}

static double exact_exp(double x)
{
    return exp_of_sum(x, 0);
}

static double power(double x, double y)
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

static double minus_log(double u)
{
    double value = 0 - exact_log(u);
    return value > 0 ? value : 0;
}

static double minus_log_less(double x)
{
    double s = x / (2 - x), square = s * s, value = 1.0 / 17;
    for (int k = 15; k >= 1; k -= 2) {
        value = value * square;
        value = value + 1.0 / k;
    }
    return 2 * s * value;
}

static double fine(double q)
{
    if (q < 0x1p-67) {
        double l = minus_log(q);
        return polynomial(tables.far[row_of(l, 5)], l);
    }
    return polynomial(tables.fine[row_of(q, -67)], q);
}

static double below, inside, above;

/* The value for a signed part t of the interval's mass. */
static double interval(double t)
{
    double size = fabs(t), near = (t < 0 ? below : above) + inside * size;
    double far = (t < 0 ? above : below) + inside * (1 - size);
    if (below == above || near <= far)
        return copysign(fine(near), t);
    return copysign(fine(far), -t);
}

static struct { double slope, constant; } lines[2][LINES];

static void make_lines(void)
{
    for (int side = 0; side < 2; side++)
        for (int e = -33; e <= -2; e++)
            for (int j = 0; j < 1024; j++) {
                double sign = side ? -1 : 1;
                double p = sign * ldexp(1 + j / 1024.0, e), r = sign * ldexp(1 + (j + 1) / 1024.0, e);
                double m = sign * ldexp(1 + (2 * j + 1) / 2048.0, e);
                double slope = (interval(r) - interval(p)) / (sign * ldexp(1, e - 10));
                double sag = 0.5 * (0.5 * (interval(p) + interval(r)) - interval(m));
                lines[side][(e + 33) * 1024 + j].slope = slope;
                lines[side][(e + 33) * 1024 + j].constant = (interval(p) - slope * p) - sag;
            }
}

/* The same for a t of y * 2^-32, by the lines. */
static double coarse(double y)
{
    int row = (int)((int64_t)(bits_of(fabs(y) * 0x1p-32) >> 42) - (-33 + 1023) * 1024);
    return lines[y < 0][row].slope * 0x1p-32 * y + lines[y < 0][row].constant;
}

static void circle(double turn, double *x, double *y)
{
    int arc = (int)(turn * 256);
    double angle = (turn - (arc + 0.5) / 256) * 6.283185307179586, square = angle * angle;
    double c = 1 + square * (-1.0 / 2 + square * (1.0 / 24 + square * (-1.0 / 720)));
    double s = angle * (1 + square * (-1.0 / 6 + square * (1.0 / 120 + square * (-1.0 / 5040))));
    double cosine = tables.circle[arc][0], sine = tables.circle[arc][1];
    *x = cosine * c - sine * s;
    *y = sine * c + cosine * s;
}

/* Laws */

/* How far from its centre a value of a disc lies, in units of stddev. */
static double distance(double u, double radius, double outside, double inside_it)
{
    if (radius < 0x1p-27)
        return radius * sqrt(1 - u);
    if (radius < 0.5)
        return sqrt(minus_log_less(inside_it * (1 - u)));
    return sqrt(minus_log(outside + inside_it * u));
}

static double standard_normal(uint64_t n)
{
    double x = signed_word(n) + 0.5;
    return W == 32 ? coarse(x) : interval(x * 0x1p-64);
}

/* Rounding */

enum kind { FLOAT16, BFLOAT16, FLOAT32, FLOAT64 };

static enum kind kind;

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

static void put(double x)
{
    float single = (float)x;
    uint16_t half;
    switch (kind) {
    case FLOAT64: fwrite(&x, sizeof x, 1, stdout); break;
    case FLOAT32: fwrite(&single, sizeof single, 1, stdout); break;
    case FLOAT16: half = half_of(single, 10, 15), fwrite(&half, sizeof half, 1, stdout); break;
    case BFLOAT16: half = half_of(single, 7, 127), fwrite(&half, sizeof half, 1, stdout); break;
    }
}

static void put_words(uint64_t first, uint64_t count)
{
    for (uint64_t n = first; n < first + count; n++) {
        uint64_t word = word64(n);
        fwrite(&word, sizeof word, 1, stdout);
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
    const char *dtype = argv[2], *law = argv[7];
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
    for (int i = 8; i < argc && i < 15; i++)
        p[i - 8] = strtod(argv[i], NULL);

    if (!strcmp(law, "words")) {
        put_words(first, count);
    } else if (!strcmp(law, "uniform")) {
        double step = (p[1] - p[0]) * (W == 32 ? 0x1p-32 : 0x1p-64), from = least(p[0]), to = greatest(p[1], 1);
        for (uint64_t n = first; n < first + count; n++) {
            double value = unsigned_word(n) * step + (p[0] + 0.5 * step);
            put(p[0] < p[1] ? clipped(rounded(value), from, to) : rounded(value));
        }
    } else if (!strcmp(law, "normal")) {
        double scale = parts == 2 ? p[1] * 0.7071067811865476 : p[1];
        below = above = 0, inside = 1;
        make_lines();
        for (uint64_t n = first; n < first + count; n++) {
            double value = standard_normal(n) * scale;
            put(rounded(p[0] != 0 && n % (uint64_t)parts == 0 ? value + p[0] : value));
        }
    } else if (!strcmp(law, "truncated")) {
        double from = least(p[5]), to = greatest(p[6], 0);
        below = p[2], inside = p[3], above = p[4];
        make_lines();
        for (uint64_t n = first; n < first + count; n++) {
            double value = standard_normal(n) * p[1];
            put(clipped(rounded(p[0] != 0 ? value + p[0] : value), from, to));
        }
    } else if (!strcmp(law, "disc")) {
        double scale = p[1] * (W == 32 ? 1 - 0x1p-22 : 1 - 0x1p-50);
        for (uint64_t n = first; n < first + count; n += 2) {
            double r = distance(unit(n), p[2], p[3], p[4]) * scale, turn = unit(n + 1), x, y;
            circle(turn < 1 - 0x1p-53 ? turn : 1 - 0x1p-53, &x, &y);
            x = r * x;
            put(p[0] != 0 ? x + p[0] : x);
            put(r * y);
        }
    } else {
        fail("no such law");
    }
    return fflush(stdout) ? 1 : 0;
}
