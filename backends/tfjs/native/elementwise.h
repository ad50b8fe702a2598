// Kernels that read each element once: sums of two, SwiGLU, rotary positions.
#pragma once
#include "numbers.h"
#include "pool.h"

namespace cambium {

const int64_t elementGrain = 16384;

/// y = a + b.
struct Add {
  explicit Add(const Attrs&) {}
  void run(Call& call) {
    const Input a = call.input(0), b = call.input(1);
    void* out = call.output(0, a.shape);
    if (!out) return;
    withType(a.type, [&](auto ta) {
      withType(b.type, [&](auto tb) {
        withType(call.outputType(0), [&](auto ty) {
          const auto* x = a.as<decltype(ta)>();
          const auto* z = b.as<decltype(tb)>();
          auto* y = static_cast<decltype(ty)*>(out);
          parallel(count(a.shape), elementGrain, [=](int64_t from, int64_t to) {
            forEach(to - from, [a = x + from, b = z + from, c = y + from](int64_t i) {
              store(c + i, widen(a[i]) + widen(b[i]));
            });
          });
        });
      });
    });
  }
};

/// y = gate · sigmoid(gate) · up.
struct Swiglu {
  explicit Swiglu(const Attrs&) {}
  void run(Call& call) {
    const Input gate = call.input(0), up = call.input(1);
    void* out = call.output(0, gate.shape);
    if (!out) return;
    withType(gate.type, [&](auto t) {
      withType(call.outputType(0), [&](auto ty) {
        const auto* g = gate.as<decltype(t)>();
        const auto* u = up.as<decltype(t)>();
        auto* y = static_cast<decltype(ty)*>(out);
        parallel(count(gate.shape), elementGrain, [=](int64_t from, int64_t to) {
          forEach(to - from, [a = g + from, b = u + from, c = y + from](int64_t i) {
            const float x = widen(a[i]);
            store(c + i, x * sigmoid(x) * widen(b[i]));
          });
        });
      });
    });
  }
};

/// Cotangents of gate and up from that of swiglu.
struct SwigluGrad {
  explicit SwigluGrad(const Attrs&) {}
  void run(Call& call) {
    const Input gate = call.input(0), up = call.input(1), grad = call.input(2);
    void* gateGrad = call.output(0, gate.shape);
    void* upGrad = gateGrad ? call.output(1, gate.shape) : nullptr;
    if (!upGrad) return;
    withType(gate.type, [&](auto t) {
      withType(grad.type, [&](auto tg) {
        withType(call.outputType(0), [&](auto ty) {
          const auto* g = gate.as<decltype(t)>();
          const auto* u = up.as<decltype(t)>();
          const auto* d = grad.as<decltype(tg)>();
          auto* dg = static_cast<decltype(ty)*>(gateGrad);
          auto* du = static_cast<decltype(ty)*>(upGrad);
          parallel(count(gate.shape), elementGrain, [=](int64_t from, int64_t to) {
            forEach(to - from, [a = g + from, b = u + from, c = d + from, da = dg + from, db = du + from](int64_t i) {
              const float x = widen(a[i]), s = sigmoid(x), silu = x * s, dy = widen(c[i]);
              store(da + i, dy * widen(b[i]) * (silu + s * (1.0f - silu)));
              store(db + i, dy * silu);
            });
          });
        });
      });
    });
  }
};

/// Rotates the halves of each head of x [batch, time, heads · 2 · half] by cos and sin [time, half]; `sign` -1 turns back.
struct Rope {
  explicit Rope(const Attrs& attrs) : heads(attrs.whole("heads")), sign(attrs.real("sign")) {}
  void run(Call& call) {
    const Input x = call.input(0), cos = call.input(1), sin = call.input(2);
    void* out = call.output(0, x.shape);
    if (!out) return;
    const int64_t time = x.shape[1], width = x.shape[2], half = width / heads / 2, n = heads;
    const float s = sign;
    const float *c = cos.as<float>(), *w = sin.as<float>();
    withType(x.type, [&](auto t) {
      withType(call.outputType(0), [&](auto ty) {
        const auto* from = x.as<decltype(t)>();
        auto* to = static_cast<decltype(ty)*>(out);
        parallel(x.shape[0] * time, rowGrain(width), [=](int64_t first, int64_t last) {
          for (int64_t row = first; row < last; row++) {
            const float *cr = c + row % time * half, *sr = w + row % time * half;
            for (int64_t head = 0; head < n; head++) {
              const auto* a = from + row * width + head * 2 * half;
              auto* y = to + row * width + head * 2 * half;
              forEach(half, [=, b = a + half, z = y + half, s = s](int64_t i) {
                const float p = widen(a[i]), q = widen(b[i]), turn = s * sr[i];
                store(y + i, p * cr[i] - q * turn);
                store(z + i, q * cr[i] + p * turn);
              });
            }
          }
        });
      });
    });
  }
  int heads;
  float sign;
};

}  // namespace cambium
