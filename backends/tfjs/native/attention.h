// Causal attention by blocks of rows, each against the keys it may see; scores never leave the cache. Dao et al. 2022,
// "FlashAttention"; the backward pass rebuilds the probabilities from the log-sum-exp.
#pragma once
#include <vector>

#include "gemm.h"
#include "numbers.h"
#include "pool.h"

namespace cambium {

/// Rows of a block: fewer waste less of the square's upper half, more keep the products long.
const int64_t blockRows = 32;

struct Sizes {
  Sizes(const Shape& q, int heads, int kvHeads)
      : batch(q[0]), time(q[1]), heads(heads), kvHeads(kvHeads), dim(q[2] / heads), wide(padded(dim)),
        keys(padded(time)), alpha(1.0f / std::sqrt(static_cast<float>(dim))) {}
  int64_t batch, time, heads, kvHeads, dim, wide, keys;
  float alpha;
  int64_t group() const { return heads / kvHeads; }
};

/// Scratch of a thread, grown as needed.
inline float* scratch(int which, int64_t floats) {
  static thread_local std::vector<float> buffers[12];
  std::vector<float>& buffer = buffers[which];
  if (static_cast<int64_t>(buffer.size()) < floats) buffer.assign(floats, 0.0f);
  return buffer.data();
}

/// Head `head` of x [batch, time, heads · dim] as f32 [time, wide], padded by zeros.
template <class T>
float* rowsOf(int which, const T* x, const Sizes& s, int64_t heads, int64_t batch, int64_t head) {
  float* out = scratch(which, s.time * s.wide);
  for (int64_t t = 0; t < s.time; t++) {
    const T* row = x + ((batch * s.time + t) * heads + head) * s.dim;
    float* to = out + t * s.wide;
#pragma omp simd
    for (int64_t i = 0; i < s.dim; i++) to[i] = widen(row[i]);
    for (int64_t i = s.dim; i < s.wide; i++) to[i] = 0;
  }
  return out;
}

/// The transpose of [time, wide]: [dim, keys], padded by zeros.
inline float* columnsOf(int which, const float* x, const Sizes& s) {
  float* out = scratch(which, s.dim * s.keys);
  // By few rows at a time, which then stay in the nearest cache.
  const int64_t few = 16;
  for (int64_t from = 0; from < s.time; from += few) {
    const int64_t to = std::min(s.time, from + few);
    for (int64_t i = 0; i < s.dim; i++) {
      for (int64_t t = from; t < to; t++) out[i * s.keys + t] = x[t * s.wide + i];
    }
  }
  for (int64_t i = 0; i < s.dim; i++) {
    for (int64_t t = s.time; t < s.keys; t++) out[i * s.keys + t] = 0;
  }
  return out;
}

/// Head `head` of y from f32 rows [count, wide] that begin at row `from`, each times its factor if there are any.
template <class T>
void storeRows(T* y, const float* rows, const Sizes& s, int64_t heads, int64_t batch, int64_t head, int64_t from,
               int64_t count, const float* factors = nullptr) {
  for (int64_t t = 0; t < count; t++) {
    const float factor = factors ? factors[t] : 1.0f;
    T* to = y + ((batch * s.time + from + t) * heads + head) * s.dim;
#pragma omp simd
    for (int64_t i = 0; i < s.dim; i++) store(to + i, rows[t * s.wide + i] * factor);
  }
}

struct Attention {
  explicit Attention(const Attrs& attrs) : heads(attrs.whole("heads")), kvHeads(attrs.whole("kvHeads")) {}
  void run(Call& call) {
    const Input q = call.input(0), k = call.input(1), v = call.input(2);
    const Sizes s(q.shape, heads, kvHeads);
    void* out = call.output(0, q.shape);
    float* logSumExp = out ? static_cast<float*>(call.output(1, {s.batch, s.heads, s.time})) : nullptr;
    if (!logSumExp) return;
    withType(q.type, [&](auto t) {
      withType(call.outputType(0), [&](auto ty) {
        typedef decltype(t) T;
        auto* y = static_cast<decltype(ty)*>(out);
        Pool::shared().run(s.batch * s.heads, [=](int64_t piece) {
          const int64_t batch = piece / s.heads, head = piece % s.heads, kvHead = head / s.group();
          const float* qs = rowsOf(0, q.as<T>(), s, s.heads, batch, head);
          const float* ks = columnsOf(2, rowsOf(1, k.as<T>(), s, s.kvHeads, batch, kvHead), s);
          const float* vs = rowsOf(3, v.as<T>(), s, s.kvHeads, batch, kvHead);
          float* scores = scratch(4, blockRows * s.keys);
          float* rows = scratch(5, blockRows * s.wide);
          for (int64_t from = 0; from < s.time; from += blockRows) {
            const int64_t n = std::min(blockRows, s.time - from), end = from + n;
            gemm(qs + from * s.wide, s.wide, 1, ks, s.keys, scores, s.keys, n, padded(end), s.dim, false);
            float shares[blockRows];
            for (int64_t i = 0; i < n; i++) {
              float* row = scores + i * s.keys;
              logSumExp[piece * s.time + from + i] = softmax(row, from + i + 1, end, s.alpha, shares + i);
            }
            gemm(scores, s.keys, 1, vs, s.wide, rows, s.wide, n, s.wide, end, false);
            storeRows(y, rows, s, s.heads, batch, head, from, n, shares);
          }
        });
      });
    });
  }

  /// Exponentials of `seen` scores times alpha, less the largest, and zeros up to `end`; `share` times them is the softmax.
  /// @returns the log-sum-exp.
  static float softmax(float* x, int64_t seen, int64_t end, float alpha, float* share) {
    const float peak = peakOf(seen, [x](int64_t i) { return x[i]; });
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < seen; i++) {
      const float e = decay((x[i] - peak) * alpha);
      x[i] = e;
      sum += e;
    }
    for (int64_t i = seen; i < end; i++) x[i] = 0;
    *share = 1.0f / sum;
    return peak * alpha + std::log(sum);
  }
  int heads, kvHeads;
};

/// Cotangents of q, k, v from q, k, v, out, logSumExp and that of out.
struct AttentionGrad {
  explicit AttentionGrad(const Attrs& attrs) : heads(attrs.whole("heads")), kvHeads(attrs.whole("kvHeads")) {}
  void run(Call& call) {
    const Input q = call.input(0), k = call.input(1), v = call.input(2), out = call.input(3), sums = call.input(4),
                grad = call.input(5);
    const Sizes s(q.shape, heads, kvHeads);
    void* grads[3];
    for (int i = 0; i < 3; i++) {
      grads[i] = call.output(i, i == 0 ? q.shape : k.shape);
      if (!grads[i]) return;
    }
    const float* logSumExp = sums.as<float>();
    withType(q.type, [&](auto t) {
      withType(call.outputType(0), [&](auto ty) {
        typedef decltype(t) T;
        typedef decltype(ty) Y;
        Pool::shared().run(s.batch * s.kvHeads, [=](int64_t piece) {
          const int64_t batch = piece / s.kvHeads, kvHead = piece % s.kvHeads;
          const float* ks = rowsOf(0, k.as<T>(), s, s.kvHeads, batch, kvHead);
          const float* kColumns = columnsOf(1, ks, s);
          const float* vColumns = columnsOf(3, rowsOf(2, v.as<T>(), s, s.kvHeads, batch, kvHead), s);
          float* kGrad = scratch(4, s.keys * s.wide);
          float* vGrad = scratch(5, s.keys * s.wide);
          std::memset(kGrad, 0, s.time * s.wide * 4);
          std::memset(vGrad, 0, s.time * s.wide * 4);
          for (int64_t head = kvHead * s.group(); head < (kvHead + 1) * s.group(); head++) {
            const float* qs = rowsOf(6, q.as<T>(), s, s.heads, batch, head);
            const float* os = rowsOf(7, out.as<T>(), s, s.heads, batch, head);
            const float* ds = rowsOf(8, grad.as<T>(), s, s.heads, batch, head);
            float* p = scratch(9, blockRows * s.keys);
            float* dp = scratch(10, blockRows * s.keys);
            float* rows = scratch(11, blockRows * s.wide);
            for (int64_t from = 0; from < s.time; from += blockRows) {
              const int64_t n = std::min(blockRows, s.time - from), end = from + n;
              const float *qb = qs + from * s.wide, *db = ds + from * s.wide, *ob = os + from * s.wide;
              gemm(qb, s.wide, 1, kColumns, s.keys, p, s.keys, n, padded(end), s.dim, false);
              gemm(db, s.wide, 1, vColumns, s.keys, dp, s.keys, n, padded(end), s.dim, false);
              for (int64_t i = 0; i < n; i++) {
                const float sum = logSumExp[(batch * s.heads + head) * s.time + from + i];
                scoreGradients(p + i * s.keys, dp + i * s.keys, from + i + 1, end, s.alpha, sum,
                               sumOf(s.dim, [=](int64_t j) { return db[i * s.wide + j] * ob[i * s.wide + j]; }));
              }
              gemm(p, 1, s.keys, db, s.wide, vGrad, s.wide, end, s.wide, n, true);
              gemm(dp, 1, s.keys, qb, s.wide, kGrad, s.wide, end, s.wide, n, true);
              gemm(dp, s.keys, 1, ks, s.wide, rows, s.wide, n, s.wide, end, false);
              storeRows(static_cast<Y*>(grads[0]), rows, s, s.heads, batch, head, from, n);
            }
          }
          storeRows(static_cast<Y*>(grads[1]), kGrad, s, s.kvHeads, batch, kvHead, 0, s.time);
          storeRows(static_cast<Y*>(grads[2]), vGrad, s, s.kvHeads, batch, kvHead, 0, s.time);
        });
      });
    });
  }

  /// p: scores become probabilities. dp: their cotangents become those of q · k. Both are zero from `seen` to `end`.
  static void scoreGradients(float* p, float* dp, int64_t seen, int64_t end, float alpha, float logSumExp, float delta) {
#pragma omp simd
    for (int64_t i = 0; i < seen; i++) {
      const float e = decay(p[i] * alpha - logSumExp);
      p[i] = e;
      dp[i] = e * (dp[i] - delta) * alpha;
    }
    for (int64_t i = seen; i < end; i++) p[i] = dp[i] = 0;
  }
  int heads, kvHeads;
};

}  // namespace cambium
