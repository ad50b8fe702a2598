// Cross entropy over rows of logits, and its gradient by the logits.
#pragma once
#include "numbers.h"
#include "pool.h"

namespace cambium {

/// losses [rows] = logSumExp - logit of the target, logSumExp [rows].
struct CrossEntropy {
  explicit CrossEntropy(const Attrs&) {}
  void run(Call& call) {
    const Input logits = call.input(0), targets = call.input(1);
    const int64_t rows = logits.shape[0], width = logits.shape[1];
    float* losses = static_cast<float*>(call.output(0, {rows}));
    float* sums = losses ? static_cast<float*>(call.output(1, {rows})) : nullptr;
    if (!sums) return;
    const int32_t* target = targets.as<int32_t>();
    withType(logits.type, [&](auto t) {
      const auto* x = logits.as<decltype(t)>();
      parallel(rows, rowGrain(width), [=](int64_t from, int64_t to) {
        for (int64_t row = from; row < to; row++) {
          const auto* r = x + row * width;
          const float peak = peakOf(width, [r](int64_t i) { return widen(r[i]); });
          const float sum = sumOf(width, [r, peak](int64_t i) { return exponential(widen(r[i]) - peak); });
          sums[row] = peak + std::log(sum);
          losses[row] = sums[row] - widen(r[target[row]]);
        }
      });
    });
  }
};

/// (softmax - one-hot) · scale.
struct CrossEntropyGrad {
  explicit CrossEntropyGrad(const Attrs&) {}
  void run(Call& call) {
    const Input logits = call.input(0), targets = call.input(1), logSumExp = call.input(2);
    const float scale = *call.input(3).as<float>();
    const int64_t rows = logits.shape[0], width = logits.shape[1];
    void* out = call.output(0, logits.shape);
    if (!out) return;
    const int32_t* target = targets.as<int32_t>();
    const float* sums = logSumExp.as<float>();
    withType(logits.type, [&](auto t) {
      withType(call.outputType(0), [&](auto ty) {
        const auto* x = logits.as<decltype(t)>();
        auto* y = static_cast<decltype(ty)*>(out);
        parallel(rows, rowGrain(width), [=](int64_t from, int64_t to) {
          for (int64_t row = from; row < to; row++) {
            const auto* r = x + row * width;
            auto* w = y + row * width;
            const float sum = sums[row];
            forEach(width, [=, scale = scale](int64_t i) { store(w + i, exponential(widen(r[i]) - sum) * scale); });
            const int64_t at = target[row];
            store(w + at, (exponential(widen(r[at]) - sum) - 1.0f) * scale);
          }
        });
      });
    });
  }
};

}  // namespace cambium
