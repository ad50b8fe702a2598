// Elements as kernels read and write them: f32, or bf16 widened to f32 and rounded to nearest even.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "tensorflow.h"

namespace cambium {

typedef uint16_t bf16;

inline float bitsOf(uint32_t word) {
  float value;
  std::memcpy(&value, &word, 4);
  return value;
}

inline float widen(float x) { return x; }
inline float widen(bf16 x) { return bitsOf(static_cast<uint32_t>(x) << 16); }

inline void store(float* to, float x) { *to = x; }
inline void store(bf16* to, float x) {
  uint32_t word;
  std::memcpy(&word, &x, 4);
  const uint32_t rounded = (word + 0x7fff + ((word >> 16) & 1)) >> 16;
  // A NaN stays one.
  *to = static_cast<bf16>(x == x ? rounded : 0x7fc0);
}

/// e^x to some units in the last place, without branches; 0 below -87, infinite above 88.7.
inline float exponential(float x) {
  const float kept = x < -87.0f ? -87.0f : x > 88.7f ? 88.7f : x;
  const float n = std::nearbyint(kept * 1.44269504f);
  const float r = kept - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t exponent = static_cast<int32_t>(n);
  // In two factors, because 2^128 alone is infinite.
  const int32_t half = exponent >> 1;
  const float scaled = p * bitsOf(static_cast<uint32_t>(half + 127) << 23) *
                       bitsOf(static_cast<uint32_t>(exponent - half + 127) << 23);
  return x < -87.0f ? 0.0f : x > 88.7f ? INFINITY : x == x ? scaled : x;
}

/// The same where x is hardly ever above 0, as in a softmax: never below e^-87, and exact as far as 2^127.
inline float decay(float x) {
  const float low = x < -87.0f ? -87.0f : x, kept = low > 87.0f ? 87.0f : low;
  const float n = std::nearbyint(kept * 1.44269504f);
  const float r = kept - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.3981999507e-3f + 1.9875691500e-4f * r;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * bitsOf(static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23);
}

inline float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

/// Calls `each(i)` for every i below n, in lanes. Loops stand here, and take what they read in a closure by value,
/// because GCC leaves those within a lambda of a lambda as they are: a store might change what the lambda holds.
template <class Each>
inline void forEach(int64_t n, Each each) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) each(i);
}

/// Σ term(i), in lanes.
template <class Term>
inline float sumOf(int64_t n, Term term) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) sum += term(i);
  return sum;
}

/// The largest term(i); n is at least 1.
template <class Term>
inline float peakOf(int64_t n, Term term) {
  float peak = term(0);
#pragma omp simd reduction(max : peak)
  for (int64_t i = 0; i < n; i++) peak = term(i) > peak ? term(i) : peak;
  return peak;
}

/// Calls `f` with a zero of the element type that `type` stands for.
template <class F>
void withType(TF_DataType type, F f) {
  if (type == TF_BFLOAT16) {
    f(bf16{});
  } else {
    f(0.0f);
  }
}

}  // namespace cambium
