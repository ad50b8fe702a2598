// Float64 to bfloat16, rounded to float32 first, then to nearest even: `bf16OfBits` of src/half.ts on lanes.

/** Converts `count` numbers at `from`, a multiple of 8, to codes at `out`. */
export function toBf16(out: usize, from: usize, count: u32): void {
  for (const end = from + ((<usize>count) << 3); from < end; from += 64) {
    v128.store(out, i16x8.narrow_i32x4_u(codes(from), codes(from + 32)));
    out += 16;
  }
}

/** The codes of four numbers. */
// @ts-ignore: decorator
@inline
function codes(from: usize): v128 {
  const bits = v128.shuffle<i64>(
    f32x4.demote_f64x2_zero(v128.load(from)),
    f32x4.demote_f64x2_zero(v128.load(from, 16)),
    0,
    2,
  );
  const high = i32x4.shr_u(bits, 16);
  const half = i32x4.add(i32x4.splat(0x7fff), v128.and(high, i32x4.splat(1)));
  const rounded = i32x4.shr_u(i32x4.add(bits, half), 16);
  const nan = i32x4.gt_s(v128.and(bits, i32x4.splat(0x7fffffff)), i32x4.splat(0x7f800000));
  return v128.bitselect(v128.or(high, i32x4.splat(0x40)), rounded, nan);
}
