// RMSNorm over the last axis, and its gradient.
#pragma once
#include <vector>

#include "numbers.h"
#include "pool.h"

namespace cambium {

/// inverse = 1 / sqrt(mean x² + eps) of each row.
struct RmsInverse {
  explicit RmsInverse(const Attrs& attrs) : eps(attrs.real("eps")) {}
  void run(Call& call) {
    const Input x = call.input(0);
    Shape rows = x.shape;
    const int64_t width = rows.back();
    rows.back() = 1;
    float* inverse = static_cast<float*>(call.output(0, rows));
    if (!inverse) return;
    const float* a = x.as<float>();
    const float e = eps;
    parallel(count(rows), rowGrain(width), [=](int64_t from, int64_t to) {
      for (int64_t row = from; row < to; row++) {
        const float* r = a + row * width;
        const float sum = sumOf(width, [r](int64_t i) { return r[i] * r[i]; });
        inverse[row] = 1.0f / std::sqrt(sum / static_cast<float>(width) + e);
      }
    });
  }
  float eps;
};

/// y = x · inverse · weight.
struct RmsNorm {
  explicit RmsNorm(const Attrs&) {}
  void run(Call& call) {
    const Input x = call.input(0), weight = call.input(1), inverse = call.input(2);
    void* out = call.output(0, x.shape);
    if (!out) return;
    const int64_t width = x.shape.back();
    const float *a = x.as<float>(), *w = weight.as<float>(), *k = inverse.as<float>();
    withType(call.outputType(0), [&](auto ty) {
      auto* y = static_cast<decltype(ty)*>(out);
      parallel(count(x.shape) / width, rowGrain(width), [=](int64_t from, int64_t to) {
        for (int64_t row = from; row < to; row++) {
          forEach(width, [w = w, r = a + row * width, c = y + row * width, inv = k[row]](int64_t i) {
            store(c + i, r[i] * inv * w[i]);
          });
        }
      });
    });
  }
};

/// Cotangents of x and weight from x, weight, inverse and that of y.
struct RmsNormGrad {
  explicit RmsNormGrad(const Attrs&) {}
  void run(Call& call) {
    const Input x = call.input(0), weight = call.input(1), inverse = call.input(2), grad = call.input(3);
    const int64_t width = x.shape.back(), rows = count(x.shape) / width, grain = rowGrain(width) * 4;
    float* xGrad = static_cast<float*>(call.output(0, x.shape));
    float* weightGrad = xGrad ? static_cast<float*>(call.output(1, weight.shape)) : nullptr;
    if (!weightGrad) return;
    const float *a = x.as<float>(), *w = weight.as<float>(), *inv = inverse.as<float>();
    const int64_t pieces = (rows + grain - 1) / grain;
    std::vector<float> partial(pieces * width, 0.0f);
    float* sums = partial.data();
    withType(grad.type, [&](auto tg) {
      const auto* d = grad.as<decltype(tg)>();
      parallel(rows, grain, [=](int64_t from, int64_t to) {
        float* mine = sums + from / grain * width;
        for (int64_t row = from; row < to; row++) {
          const float* r = a + row * width;
          const auto* g = d + row * width;
          const float k = inv[row];
          const float dot = sumOf(width, [=](int64_t i) { return widen(g[i]) * w[i] * r[i]; });
          const float mean = dot * k * k / static_cast<float>(width);
          float* out = xGrad + row * width;
          forEach(width, [=, w = w](int64_t i) {
            const float y = widen(g[i]);
            mine[i] += y * r[i] * k;
            out[i] = k * (y * w[i] - r[i] * mean);
          });
        }
      });
    });
    for (int64_t i = 0; i < width; i++) weightGrad[i] = 0;
    for (int64_t piece = 0; piece < pieces; piece++) {
#pragma omp simd
      for (int64_t i = 0; i < width; i++) weightGrad[i] += sums[piece * width + i];
    }
  }
};

}  // namespace cambium
