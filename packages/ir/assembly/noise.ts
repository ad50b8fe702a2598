// Noise, four Philox blocks at a time. Each block gives the same bits as in src/: the operations of src/noise.ts in
// their order, on lanes.

const M0 = i32x4.splat(0xd2511f53);
const M1 = i32x4.splat(0xcd9e8d57);
const W0: i32 = 0x9e3779b9;
const W1: i32 = 0xbb67ae85;

/** The high halves of the unsigned 32-bit products. */
// @ts-ignore: decorator
@inline
function mulHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

/**
 * Writes `std` times the noise of `blocks` Philox blocks, four numbers per block, to `out` as f64. `blocks` is a
 * multiple of four. The counter begins at `first` + 2³² · `second`.
 */
export function noise(out: usize, blocks: u32, first: u32, second: u32, key0: i32, key1: i32, std: f64): void {
  const factor = f64x2.splat(std);
  for (let at: u32 = 0; at < blocks; at += 4) {
    let c0 = i32x4.add(i32x4.splat(first + at), i32x4(0, 1, 2, 3));
    // A lane that wrapped around is below `first`: its mask is −1.
    let c1 = i32x4.sub(i32x4.splat(second), i32x4.lt_u(c0, i32x4.splat(first)));
    let c2 = i32x4.splat(0);
    let c3 = i32x4.splat(0);
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const low0 = i32x4.mul(M0, c0);
      const low1 = i32x4.mul(M1, c2);
      const high0 = mulHigh(M0, c0);
      const high1 = mulHigh(M1, c2);
      c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0));
      c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1));
      c1 = low1;
      c3 = low0;
      k0 += W0;
      k1 += W1;
    }
    pairs(out, c0, c1, factor);
    pairs(out + 16, c2, c3, factor);
    out += 128;
  }
}

// @ts-ignore: decorator
@inline
function all(x: f32): v128 {
  return f32x4.splat(x);
}

/** x + y · z */
// @ts-ignore: decorator
@inline
function plus(x: f32, y: v128, z: v128): v128 {
  return f32x4.add(all(x), f32x4.mul(y, z));
}

/** A pair for each lane, from word `a` for the radius and `b` for the angle, written 32 bytes apart. */
// @ts-ignore: decorator
@inline
function pairs(out: usize, a: v128, b: v128, factor: v128): void {
  const v = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(a, 1)), all(0.5));
  const bits = i32x4.sub(v, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.sub(i32x4.shr_s(bits, 23), i32x4.splat(31));
  const f = f32x4.sub(i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3)), all(1));
  const s = f32x4.div(f, f32x4.add(all(2), f));
  const z = f32x4.mul(s, s);
  const series = plus(-4, z, plus(-1.3333364, z, plus(-0.7994947, z, all(-0.5985425))));
  const square = f32x4.add(f32x4.mul(all(-1.3862944), f32x4.convert_i32x4_s(exponent)), f32x4.mul(s, series));
  const radius = f32x4.sqrt(square);

  const y = f32x4.mul(f32x4.convert_i32x4_s(v128.or(i32x4.shl(b, 2), i32x4.splat(2))), all(4.656612873077393e-10));
  const w = f32x4.mul(y, y);
  const sine = f32x4.mul(y, plus(0.7853982, w, plus(-0.080745436, w, plus(0.002490007, w, all(-3.595451e-5)))));
  const cosine = plus(
    1,
    w,
    plus(-0.30842513, w, plus(0.015854338, w, plus(-0.0003259614, w, all(3.541962e-6)))),
  );
  const turned = v128.xor(cosine, v128.and(b, i32x4.splat(0x80000000)));
  const swapped = i32x4.shr_s(i32x4.shl(b, 1), 31);
  const first = f32x4.mul(radius, v128.bitselect(sine, turned, swapped));
  const second = f32x4.mul(radius, v128.bitselect(turned, sine, swapped));

  const low = v128.shuffle<i32>(first, second, 0, 4, 1, 5);
  const high = v128.shuffle<i32>(first, second, 2, 6, 3, 7);
  v128.store(out, f64x2.mul(factor, f64x2.promote_low_f32x4(low)));
  v128.store(out, f64x2.mul(factor, f64x2.promote_low_f32x4(v128.shuffle<i64>(low, low, 1, 1))), 32);
  v128.store(out, f64x2.mul(factor, f64x2.promote_low_f32x4(high)), 64);
  v128.store(out, f64x2.mul(factor, f64x2.promote_low_f32x4(v128.shuffle<i64>(high, high, 1, 1))), 96);
}
