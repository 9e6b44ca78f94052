// What all kernels share: types, functions of one number, and sums over a block's threads.
//
// With NVRTC this is CUDA. Any other compiler gets the few words of CUDA that the kernels use from "host.h", which the
// tests put before it: so the same text runs on a CPU, with threads and barriers.

#ifdef __CUDACC__
#define NW_INF __int_as_float(0x7f800000)
#define NW_NAN __int_as_float(0x7fffffff)
typedef unsigned short nw_bits;

// float16 by the processor's own conversions: no header is needed
static __device__ __forceinline__ float nw_from_half(nw_bits h) {
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
    return f;
}
static __device__ __forceinline__ nw_bits nw_to_half(float f) {
    nw_bits h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
    return h;
}
static __device__ __forceinline__ unsigned nw_as_bits(float f) { return __float_as_uint(f); }
static __device__ __forceinline__ float nw_as_float(unsigned u) { return __uint_as_float(u); }
#endif

// bfloat16 is the upper half of a float32, rounded to even
static __device__ __forceinline__ float nw_from_bfloat(nw_bits h) { return nw_as_float((unsigned)h << 16); }
static __device__ __forceinline__ nw_bits nw_to_bfloat(float f) {
    const unsigned u = nw_as_bits(f);
    if ((u & 0x7fffffffu) > 0x7f800000u) return (nw_bits)((u >> 16) | 0x40u);
    return (nw_bits)((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

struct half_t { nw_bits bits; };
struct bfloat_t { nw_bits bits; };

static __device__ __forceinline__ float nw_load(half_t v) { return nw_from_half(v.bits); }
static __device__ __forceinline__ float nw_load(bfloat_t v) { return nw_from_bfloat(v.bits); }
template <typename T> static __device__ __forceinline__ T nw_load(T v) { return v; }

template <typename T> struct nw_stored { template <typename U> static __device__ __forceinline__ T make(U v) { return (T)v; } };
template <> struct nw_stored<half_t> {
    template <typename U> static __device__ __forceinline__ half_t make(U v) { half_t h; h.bits = nw_to_half((float)v); return h; }
};
template <> struct nw_stored<bfloat_t> {
    template <typename U> static __device__ __forceinline__ bfloat_t make(U v) { bfloat_t h; h.bits = nw_to_bfloat((float)v); return h; }
};
static __device__ __forceinline__ float nw_round_half(float f) { return nw_from_half(nw_to_half(f)); }

template <typename T, int N> struct alignas(sizeof(T) * N) nw_pack { T v[N]; };

#define NW_BOTH(name, single, twice)                                              \
    static __device__ __forceinline__ float nw_##name(float x) { return single(x); } \
    static __device__ __forceinline__ double nw_##name(double x) { return twice(x); }
NW_BOTH(exp, expf, exp) NW_BOTH(expm1, expm1f, expm1) NW_BOTH(exp2, exp2f, exp2)
NW_BOTH(log, logf, log) NW_BOTH(log1p, log1pf, log1p) NW_BOTH(log2, log2f, log2) NW_BOTH(log10, log10f, log10)
NW_BOTH(sqrt, sqrtf, sqrt) NW_BOTH(cbrt, cbrtf, cbrt)
NW_BOTH(sin, sinf, sin) NW_BOTH(cos, cosf, cos) NW_BOTH(tan, tanf, tan)
NW_BOTH(asin, asinf, asin) NW_BOTH(acos, acosf, acos) NW_BOTH(atan, atanf, atan)
NW_BOTH(sinh, sinhf, sinh) NW_BOTH(cosh, coshf, cosh) NW_BOTH(tanh, tanhf, tanh)
NW_BOTH(asinh, asinhf, asinh) NW_BOTH(acosh, acoshf, acosh) NW_BOTH(atanh, atanhf, atanh)
NW_BOTH(floor, floorf, floor) NW_BOTH(ceil, ceilf, ceil) NW_BOTH(trunc, truncf, trunc) NW_BOTH(rint, rintf, rint)
NW_BOTH(erf, erff, erf) NW_BOTH(gammaln, lgammaf, lgamma) NW_BOTH(gamma, tgammaf, tgamma)
NW_BOTH(erfinv, erfinvf, erfinv)
#undef NW_BOTH

// NaN goes through, as in NumPy
template <typename T> static __device__ __forceinline__ T nw_max(T a, T b) { return (a > b || a != a) ? a : b; }
template <typename T> static __device__ __forceinline__ T nw_min(T a, T b) { return (a < b || a != a) ? a : b; }
template <typename T> static __device__ __forceinline__ T nw_abs(T x) { return x < (T)0 ? -x : x == (T)0 ? (T)0 : x; }
template <typename T> static __device__ __forceinline__ T nw_sign(T x) { return x > (T)0 ? (T)1 : x < (T)0 ? (T)-1 : x; }
template <typename T> static __device__ __forceinline__ T nw_square(T x) { return x * x; }
template <typename T> static __device__ __forceinline__ T nw_reciprocal(T x) { return (T)1 / x; }
static __device__ __forceinline__ float nw_pow(float a, float b) { return powf(a, b); }
static __device__ __forceinline__ double nw_pow(double a, double b) { return pow(a, b); }
static __device__ __forceinline__ float nw_hypot(float a, float b) { return hypotf(a, b); }
static __device__ __forceinline__ double nw_hypot(double a, double b) { return hypot(a, b); }
static __device__ __forceinline__ float nw_fmod(float a, float b) { return fmodf(a, b); }
static __device__ __forceinline__ double nw_fmod(double a, double b) { return fmod(a, b); }
// the remainder has the divisor's sign
template <typename T> static __device__ __forceinline__ T nw_mod(T a, T b) {
    const T r = nw_fmod(a, b);
    return (r != (T)0 && (r < (T)0) != (b < (T)0)) ? r + b : r;
}

// Sum, or the largest, over the block's threads; ``part`` is shared and has a place for each. All threads get it.
template <typename T> static __device__ T nw_block_sum(T value, T* part) {
    const int me = threadIdx.x;
    part[me] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (me < half) part[me] += part[me + half];
        __syncthreads();
    }
    const T total = part[0];
    __syncthreads();
    return total;
}
template <typename T> static __device__ T nw_block_max(T value, T* part) {
    const int me = threadIdx.x;
    part[me] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (me < half) part[me] = nw_max(part[me], part[me + half]);
        __syncthreads();
    }
    const T largest = part[0];
    __syncthreads();
    return largest;
}
