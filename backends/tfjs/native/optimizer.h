// AdamW, and the sum of squares that clipping needs.
#pragma once
#include <vector>

#include "numbers.h"
#include "pool.h"

namespace cambium {

/// The composites adamw and guardedAdamw: inputs param, grad, m, v, gradScale, lr, step; outputs param, m, v. With
/// `guarded`, a gradScale of 0 leaves all three as they are. The attributes are f32, so 1 - β is given in place of β.
struct AdamW {
  explicit AdamW(const Attrs& attrs)
      : rest1(attrs.real("rest1")), rest2(attrs.real("rest2")), eps(attrs.real("eps")),
        weightDecay(attrs.real("weightDecay")), lrMultiplier(attrs.real("lrMultiplier")),
        guarded(attrs.whole("guarded") != 0), inPlace(attrs.whole("inPlace") != 0) {}

  void run(Call& call) {
    const Input param = call.input(0), grad = call.input(1), m = call.input(2), v = call.input(3);
    const float scale = *call.input(4).as<float>(), rate = *call.input(5).as<float>();
    const double step = *call.input(6).as<int32_t>();
    float* out[3];
    const int from[3] = {0, 2, 3};
    for (int i = 0; i < 3; i++) {
      out[i] = static_cast<float*>(inPlace ? call.forward(i, from[i]) : call.output(i, param.shape));
      if (!out[i]) return;
    }
    const int64_t n = count(param.shape);
    const float *p = param.as<float>(), *m0 = m.as<float>(), *v0 = v.as<float>();
    float *p1 = out[0], *m1 = out[1], *v1 = out[2];
    if (guarded && !(scale > 0.0f)) {
      if (inPlace) return;
      std::memcpy(p1, p, n * 4);
      std::memcpy(m1, m0, n * 4);
      std::memcpy(v1, v0, n * 4);
      return;
    }
    const double c1 = -std::expm1(step * std::log1p(-rest1));
    const double c2 = std::sqrt(-std::expm1(step * std::log1p(-rest2)));
    const float keep = static_cast<float>(1.0 - static_cast<double>(rate) * weightDecay);
    const float size = static_cast<float>(static_cast<double>(rate) * lrMultiplier * c2 / c1);
    const float floor = static_cast<float>(c2 * eps);
    const float b1 = static_cast<float>(1.0 - rest1), b2 = static_cast<float>(1.0 - rest2);
    const float g1 = static_cast<float>(rest1 * scale), g2 = static_cast<float>(rest2 * scale * scale);
    withType(grad.type, [&](auto tg) {
      const auto* g = grad.as<decltype(tg)>();
      parallel(n, 16384, [=](int64_t from, int64_t to) {
        forEach(to - from, [=, g = g + from, p = p + from, m0 = m0 + from, v0 = v0 + from, p1 = p1 + from, m1 = m1 + from,
                            v1 = v1 + from](int64_t i) {
          const float d = widen(g[i]);
          const float nextM = m0[i] * b1 + d * g1;
          const float nextV = v0[i] * b2 + d * d * g2;
          m1[i] = nextM;
          v1[i] = nextV;
          p1[i] = p[i] * keep - nextM * size / (std::sqrt(nextV) + floor);
        });
      });
    });
  }
  double rest1, rest2, eps, weightDecay, lrMultiplier;
  bool guarded, inPlace;
};

/// Σ x² of one tensor.
struct SquareSum {
  explicit SquareSum(const Attrs&) {}
  void run(Call& call) {
    const Input x = call.input(0);
    float* out = static_cast<float*>(call.output(0, {}));
    if (!out) return;
    const int64_t n = count(x.shape), grain = 16384;
    std::vector<double> partial((n + grain - 1) / grain, 0.0);
    double* sums = partial.data();
    withType(x.type, [&](auto t) {
      const auto* a = x.as<decltype(t)>();
      parallel(n, grain, [=](int64_t from, int64_t to) {
        const auto* part = a + from;
        sums[from / grain] = sumOf(to - from, [part](int64_t i) { return widen(part[i]) * widen(part[i]); });
      });
    });
    double total = 0;
    for (double one : partial) total += one;
    *out = static_cast<float>(total);
  }
};

}  // namespace cambium
