// The joint L2 norm of gradients, summed in double precision, and the factor that clips it.

/** Σ x² over `count` f32 values from `x`; four independent sums of f64 pairs, so that additions overlap. */
export function squareSum(x: usize, count: u32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  const end = x + ((<usize>count & ~7) << 2);
  for (; x < end; x += 32) {
    const first = v128.load(x);
    const second = v128.load(x, 16);
    const firstLow = f64x2.promote_low_f32x4(first);
    const firstHigh = f64x2.promote_low_f32x4(v128.shuffle<u64>(first, first, 1, 0));
    const secondLow = f64x2.promote_low_f32x4(second);
    const secondHigh = f64x2.promote_low_f32x4(v128.shuffle<u64>(second, second, 1, 0));
    a = f64x2.add(a, f64x2.mul(firstLow, firstLow));
    b = f64x2.add(b, f64x2.mul(firstHigh, firstHigh));
    c = f64x2.add(c, f64x2.mul(secondLow, secondLow));
    d = f64x2.add(d, f64x2.mul(secondHigh, secondHigh));
  }
  const pairs = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let sum = f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
  for (let rest = count & 7; rest > 0; rest--) {
    const value = <f64>load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}

/** min(1, maxNorm / (norm + 1e-6)) in single precision, as `clipByGlobalNorm` defines it. */
export function scaleFor(norm: f32, maxNorm: f64): f32 {
  return min<f32>(<f32>maxNorm / (norm + <f32>1e-6), 1);
}
