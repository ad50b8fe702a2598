// Products of small matrices in cache, in f32: the pieces that attention is made of.
#pragma once
#include <cstdint>

namespace cambium {

typedef float Lane __attribute__((vector_size(64), aligned(4)));

/// Columns of a tile; right operands and results have rows padded to a multiple of it.
const int64_t tileColumns = 32;

inline int64_t padded(int64_t n) { return (n + tileColumns - 1) / tileColumns * tileColumns; }

/// Rows × 32 of C += A · B, the tile in registers.
template <int Rows>
inline void tile(const float* a, int64_t aRow, int64_t aStep, const float* b, int64_t bStep, float* c, int64_t cRow,
                 int64_t steps, bool add) {
  Lane sums[Rows][2];
  for (int i = 0; i < Rows; i++) {
    for (int j = 0; j < 2; j++) {
      sums[i][j] = add ? *reinterpret_cast<const Lane*>(c + i * cRow + 16 * j) : Lane{};
    }
  }
  for (int64_t k = 0; k < steps; k++) {
    const Lane b0 = *reinterpret_cast<const Lane*>(b + k * bStep);
    const Lane b1 = *reinterpret_cast<const Lane*>(b + k * bStep + 16);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; i++) {
      const float x = a[i * aRow + k * aStep];
      sums[i][0] += b0 * x;
      sums[i][1] += b1 * x;
    }
  }
  for (int i = 0; i < Rows; i++) {
    for (int j = 0; j < 2; j++) *reinterpret_cast<Lane*>(c + i * cRow + 16 * j) = sums[i][j];
  }
}

/// C [rows, columns] = A · B, or += with `add`. A(i, k) is a[i·aRow + k·aStep], so that A may be read transposed; B is
/// [steps, columns] with rows bStep apart; columns are a multiple of `tileColumns`.
inline void gemm(const float* a, int64_t aRow, int64_t aStep, const float* b, int64_t bStep, float* c, int64_t cRow,
                 int64_t rows, int64_t columns, int64_t steps, bool add) {
  for (int64_t j = 0; j < columns; j += tileColumns) {
    int64_t i = 0;
    for (; i + 8 <= rows; i += 8) tile<8>(a + i * aRow, aRow, aStep, b + j, bStep, c + i * cRow + j, cRow, steps, add);
    for (; i < rows; i++) tile<1>(a + i * aRow, aRow, aStep, b + j, bStep, c + i * cRow + j, cRow, steps, add);
  }
}

}  // namespace cambium
