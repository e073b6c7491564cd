/* The kernels, which NVRTC compiles for a GPU, and any C++ compiler for a CPU, to be compared there with NumPy. */
#include "doubles.h"
#include "singles.h"

#if defined(SEEDBED_TASK_BYTES)
static_assert(sizeof(task) == SEEDBED_TASK_BYTES, "Python packs a task as it is here");
#endif

/* The 32 bits that begin with a number, in the little-endian order that GPUs have. */
EACH u32 bits_from(const u16 *numbers) { return numbers[0] | (u32)numbers[1] << 16; }
EACH u32 bits_from(const float *numbers) { return bits_of(*numbers); }

/* Writes 16 bytes at once. */
template <typename Number> EACH void write_16_bytes(Number *out, const Number *numbers)
{
    const int each = 4 / (int)sizeof(Number);
    write_four(out, bits_from(numbers), bits_from(numbers + each), bits_from(numbers + 2 * each),
               bits_from(numbers + 3 * each));
}

EACH void write_16_bytes(double *out, const double *numbers)
{
    const u64 one = bits_of(numbers[0]), other = bits_of(numbers[1]);
    write_four(out, (u32)one, (u32)(one >> 32), (u32)other, (u32)(other >> 32));
}

template <typename Number, int COUNT> EACH void write(const task &job, const place &at, const Number *numbers)
{
    const i64 run = (i64)job.run, parts = job.values.parts;
    Number *out = static_cast<Number *>(job.out) + at.memory;
    const bool is_full = at.first >= 0 && at.first + COUNT <= run;
    if (is_full && job.step == parts && reinterpret_cast<u64>(out + at.first) % 16 == 0) {
        UNROLLED
        for (int k = 0; k < COUNT; k += 16 / (int)sizeof(Number))
            write_16_bytes(out + at.first + k, numbers + k);
        return;
    }
    UNROLLED
    for (int k = 0; k < COUNT; ++k) {
        const i64 number = at.first + k;
        if (number >= 0 && number < run)
            out[(parts == 2 ? number >> 1 : number) * job.step + (parts == 2 ? number & 1 : 0)] = numbers[k];
    }
}

template <int KIND, typename Number, int COUNT>
EACH void make(const task &job, u64 counter, Number numbers[COUNT])
{
    u64 words[4];
    philox(job, counter + 1, words);
    if constexpr (KIND == UNIFORM)
        uniform_numbers(job, words, numbers);
    else if constexpr (KIND == DISC)
        disc_numbers(job, words, numbers);
    else
        normal_numbers(job, words, numbers);
    if (job.values.flags & CLIPPED)
        for (int k = 0; k < COUNT; ++k)
            numbers[k] = clipped(job.values, numbers[k]);
}

template <int KIND> EACH void draw_singles(const task &job, u64 item)
{
    const place at = place_of(job, item, EIGHT);
    if (at.first >= (i64)job.run)
        return;
    float numbers[EIGHT];
    make<KIND, float, EIGHT>(job, at.counter, numbers);
    if (job.values.format == FLOAT32) {
        write<float, EIGHT>(job, at, numbers);
        return;
    }
    u16 halves[EIGHT];
    for (int k = 0; k < EIGHT; ++k)
        halves[k] = half_of(job.values, numbers[k]);
    write<u16, EIGHT>(job, at, halves);
}

template <int KIND> EACH void draw_doubles(const task &job, u64 item)
{
    const place at = place_of(job, item, FOUR);
    if (at.first >= (i64)job.run)
        return;
    double numbers[FOUR];
    make<KIND, double, FOUR>(job, at.counter, numbers);
    write<double, FOUR>(job, at, numbers);
}

/* Each thread, or on a CPU the only one, goes through the counters in steps of their number. */
#if defined(__CUDACC__)
#define KERNEL(NAME, DRAW)                                                                              \
    extern "C" __global__ void __launch_bounds__(256) NAME(const __grid_constant__ task job)            \
    {                                                                                                   \
        const u64 items = job.runs * job.counters, threads = (u64)gridDim.x * blockDim.x;               \
        for (u64 item = (u64)blockIdx.x * blockDim.x + threadIdx.x; item < items; item += threads)      \
            DRAW(job, item);                                                                            \
    }
#else
#define KERNEL(NAME, DRAW)                                                                              \
    extern "C" void NAME(const task *job)                                                               \
    {                                                                                                   \
        for (u64 item = 0; item < job->runs * job->counters; ++item)                                    \
            DRAW(*job, item);                                                                           \
    }
#endif

KERNEL(seedbed_uniform_singles, draw_singles<UNIFORM>)
KERNEL(seedbed_normal_singles, draw_singles<LINES>)
KERNEL(seedbed_disc_singles, draw_singles<DISC>)
KERNEL(seedbed_uniform_doubles, draw_doubles<UNIFORM>)
KERNEL(seedbed_normal_doubles, draw_doubles<QUANTILE>)
KERNEL(seedbed_disc_doubles, draw_doubles<DISC>)
