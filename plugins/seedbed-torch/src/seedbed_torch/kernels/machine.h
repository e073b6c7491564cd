/* What CUDA and a C++ compiler for CPUs call by different names. Everything else is one source for both.
 *
 * Arithmetic of doubles goes by these functions alone. On a GPU each is one operation, rounded to nearest, that no
 * option of a compiler fuses with another or flushes to 0; on a CPU the build must not contract them.
 */
#ifndef SEEDBED_MACHINE_H
#define SEEDBED_MACHINE_H

typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

struct pair {
    double first, second;
};

#if defined(__CUDACC__)

#define EACH static __device__ __forceinline__
#define UNROLLED _Pragma("unroll")

EACH double plus(double x, double y) { return __dadd_rn(x, y); }
EACH double minus(double x, double y) { return __dsub_rn(x, y); }
EACH double times(double x, double y) { return __dmul_rn(x, y); }
EACH double over(double x, double y) { return __ddiv_rn(x, y); }
EACH double root(double x) { return __dsqrt_rn(x); }
/* Of an exact product, so that it makes no difference whether it is one operation or two. */
EACH double exact_times_plus(double x, double y, double z) { return __fma_rn(x, y, z); }
EACH float single_of(double x) { return __double2float_rn(x); }
EACH float plus_single(float x, float y) { return __fadd_rn(x, y); }
EACH double double_of_signed(i64 x) { return __ll2double_rn(x); }
EACH double double_of_unsigned(u64 x) { return __ull2double_rn(x); }
EACH u64 high_of_product(u64 x, u64 y) { return __umul64hi(x, y); }
EACH u64 bits_of(double x) { return (u64)__double_as_longlong(x); }
EACH double double_of(u64 bits) { return __longlong_as_double((i64)bits); }
EACH u32 bits_of(float x) { return __float_as_uint(x); }
EACH float float_of(u32 bits) { return __uint_as_float(bits); }
/* By the cache for what no thread writes. */
EACH double read(const double *place) { return __ldg(place); }
EACH pair read_pair(const double *place)
{
    const double2 found = __ldg(reinterpret_cast<const double2 *>(place));
    return {found.x, found.y};
}
EACH void write_four(void *place, u32 a, u32 b, u32 c, u32 d)
{
    __stwb(static_cast<uint4 *>(place), make_uint4(a, b, c, d)); /* an assignment is taken apart */
}

#else

#include <math.h>
#include <string.h>

#define EACH static inline
#define UNROLLED _Pragma("GCC unroll 8")

EACH double plus(double x, double y) { return x + y; }
EACH double minus(double x, double y) { return x - y; }
EACH double times(double x, double y) { return x * y; }
EACH double over(double x, double y) { return x / y; }
EACH double root(double x) { return sqrt(x); }
#if defined(SEEDBED_FUSED) /* as a GPU does */
EACH double exact_times_plus(double x, double y, double z) { return fma(x, y, z); }
#else
EACH double exact_times_plus(double x, double y, double z) { return x * y + z; }
#endif
EACH float single_of(double x) { return (float)x; }
EACH float plus_single(float x, float y) { return x + y; }
EACH double double_of_signed(i64 x) { return (double)x; }
EACH double double_of_unsigned(u64 x) { return (double)x; }
EACH u64 high_of_product(u64 x, u64 y)
{
    __extension__ typedef unsigned __int128 wide;
    return (u64)((wide)x * y >> 64);
}
template <typename To, typename From> EACH To same_bits(From x)
{
    static_assert(sizeof(To) == sizeof x, "bits are as many");
    To result;
    memcpy(&result, &x, sizeof x);
    return result;
}
EACH u64 bits_of(double x) { return same_bits<u64>(x); }
EACH double double_of(u64 bits) { return same_bits<double>(bits); }
EACH u32 bits_of(float x) { return same_bits<u32>(x); }
EACH float float_of(u32 bits) { return same_bits<float>(bits); }
EACH double read(const double *place) { return *place; }
EACH pair read_pair(const double *place) { return {place[0], place[1]}; }
EACH void write_four(void *place, u32 a, u32 b, u32 c, u32 d)
{
    const u32 four[4] = {a, b, c, d};
    if (reinterpret_cast<u64>(place) % 16) /* which a GPU refuses */
        __builtin_trap();
    memcpy(place, four, sizeof four);
}

#endif
#endif
