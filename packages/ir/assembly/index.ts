// Standard normal numbers, four Philox blocks at a time. Each block gives the same bits as in src/random.ts.
//
// log and cos are fdlibm's (Sun Microsystems 1993, "Freely Distributable LIBM"), as JavaScript engines compute them,
// with selections in place of branches. Where fdlibm would take a rare branch, the host computes the number: see
// `rare`.

/** The host's Box–Muller transform of two words. */
@external("env", "boxMuller")
declare function boxMuller(a: u32, b: u32): f64;

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
 * Writes `std` times the normals of `blocks` Philox blocks, two per block, to `out` as f64. `blocks` is a multiple of
 * four. The counter begins at `first` + 2³² · `second`.
 */
export function normals(out: usize, blocks: u32, first: u32, second: u32, key0: i32, key1: i32, std: f64): void {
  const std2 = f64x2.splat(std);
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
    // Lanes 0 and 1: a block's words 0 and 2, of the radius; 1 and 3, of the angle.
    const radii = v128.shuffle<i32>(c0, c2, 0, 4, 1, 5);
    const angles = v128.shuffle<i32>(c1, c3, 0, 4, 1, 5);
    const moreRadii = v128.shuffle<i32>(c0, c2, 2, 6, 3, 7);
    const moreAngles = v128.shuffle<i32>(c1, c3, 2, 6, 3, 7);
    pair(out, radii, angles, std2);
    pair(out + 16, upper(radii), upper(angles), std2);
    pair(out + 32, moreRadii, moreAngles, std2);
    pair(out + 48, upper(moreRadii), upper(moreAngles), std2);
    out += 64;
  }
}

// @ts-ignore: decorator
@inline
function upper(words: v128): v128 {
  return v128.shuffle<i64>(words, words, 1, 1);
}

// @ts-ignore: decorator
@inline
function all(x: f64): v128 {
  return f64x2.splat(x);
}

/** The high words of both numbers, each in both halves of its lane. */
// @ts-ignore: decorator
@inline
function highWords(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 1, 1, 3, 3);
}

/** Writes two normals; lanes 0 and 1 of `a` and `b` hold their words. */
// @ts-ignore: decorator
@inline
function pair(out: usize, a: v128, b: v128, std: v128): void {
  const x = f64x2.mul(f64x2.add(f64x2.convert_low_i32x4_u(a), all(0.5)), all(2.3283064365386963e-10));
  const angle = f64x2.mul(all(6.283185307179586), f64x2.mul(f64x2.convert_low_i32x4_u(b), all(2.3283064365386963e-10)));

  // log x: x = 2^k · (1 + f), with 1 + f between √½ and √2.
  const hx = highWords(x);
  const mantissa = v128.and(hx, i32x4.splat(0x000fffff));
  const half = v128.and(i32x4.add(mantissa, i32x4.splat(0x95f64)), i32x4.splat(0x100000));
  const exponent = i32x4.add(
    i32x4.sub(i32x4.shr_s(hx, 20), i32x4.splat(1023)),
    i32x4.shr_s(half, 20),
  );
  const scaled = v128.or(mantissa, v128.xor(half, i32x4.splat(0x3ff00000)));
  const f = f64x2.sub(v128.bitselect(scaled, x, i64x2.splat(0xffffffff00000000)), all(1));
  const tinyF = i32x4.lt_s(v128.and(i32x4.add(mantissa, i32x4.splat(2)), i32x4.splat(0xfffff)), i32x4.splat(3));
  const dk = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(exponent, exponent, 0, 2, 0, 2));
  const s = f64x2.div(f, f64x2.add(all(2), f));
  const z = f64x2.mul(s, s);
  const w = f64x2.mul(z, z);
  const even = f64x2.mul(
    w,
    f64x2.add(all(3.999999999940941908e-1), f64x2.mul(w, f64x2.add(all(2.222219843214978396e-1), f64x2.mul(w, all(1.531383769920937332e-1))))),
  );
  const odd = f64x2.mul(
    z,
    f64x2.add(
      all(6.66666666666673513e-1),
      f64x2.mul(
        w,
        f64x2.add(
          all(2.857142874366239149e-1),
          f64x2.mul(w, f64x2.add(all(1.818357216161805012e-1), f64x2.mul(w, all(1.479819860511658591e-1)))),
        ),
      ),
    ),
  );
  const R = f64x2.add(odd, even);
  const inside = i32x4.gt_s(
    v128.or(i32x4.sub(mantissa, i32x4.splat(0x6147a)), i32x4.sub(i32x4.splat(0x6b851), mantissa)),
    i32x4.splat(0),
  );
  const halfSquare = f64x2.mul(f64x2.mul(all(0.5), f), f);
  const low = f64x2.mul(dk, all(1.90821492927058770002e-10));
  const near = f64x2.sub(halfSquare, f64x2.add(f64x2.mul(s, f64x2.add(halfSquare, R)), low));
  const far = f64x2.sub(f64x2.mul(s, f64x2.sub(f, R)), low);
  const log = f64x2.sub(f64x2.mul(dk, all(6.93147180369123816490e-1)), f64x2.sub(v128.bitselect(near, far, inside), f));
  const radius = f64x2.sqrt(f64x2.mul(all(-2), log));

  // cos: the angle less n · π/2 is y0 + y1.
  const turns = f64x2.trunc(f64x2.add(f64x2.mul(angle, all(6.36619772367581382433e-1)), all(0.5)));
  const r = f64x2.sub(angle, f64x2.mul(turns, all(1.57079632673412561417)));
  const t = f64x2.mul(turns, all(6.07710050650619224932e-11));
  const y0 = f64x2.sub(r, t);
  const y1 = f64x2.sub(f64x2.sub(r, y0), t);
  const zz = f64x2.mul(y0, y0);
  // The kernel of cos.
  const hy = v128.and(highWords(y0), i32x4.splat(0x7fffffff));
  const q = v128.bitselect(
    all(0.28125),
    v128.and(i32x4.sub(hy, i32x4.splat(0x00200000)), i64x2.splat(0xffffffff00000000)),
    i32x4.gt_s(hy, i32x4.splat(0x3fe90000)),
  );
  const qx = v128.andnot(q, i32x4.lt_s(hy, i32x4.splat(0x3fd33333)));
  const rc = f64x2.mul(
    zz,
    f64x2.add(
      all(4.16666666666666019037e-2),
      f64x2.mul(
        zz,
        f64x2.add(
          all(-1.38888888888741095749e-3),
          f64x2.mul(
            zz,
            f64x2.add(
              all(2.48015872894767294178e-5),
              f64x2.mul(
                zz,
                f64x2.add(
                  all(-2.75573143513906633035e-7),
                  f64x2.mul(zz, f64x2.add(all(2.0875723212981748279e-9), f64x2.mul(zz, all(-1.13596475577881948265e-11)))),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  );
  const cosine = f64x2.sub(
    f64x2.sub(all(1), qx),
    f64x2.sub(
      f64x2.sub(f64x2.mul(all(0.5), zz), qx),
      f64x2.sub(f64x2.mul(zz, rc), f64x2.mul(y0, y1)),
    ),
  );
  // The kernel of sin.
  const v = f64x2.mul(zz, y0);
  const rs = f64x2.add(
    all(8.33333333332248946124e-3),
    f64x2.mul(
      zz,
      f64x2.add(
        all(-1.98412698298579493134e-4),
        f64x2.mul(
          zz,
          f64x2.add(
            all(2.75573137070700676789e-6),
            f64x2.mul(zz, f64x2.add(all(-2.50507602534068634195e-8), f64x2.mul(zz, all(1.58969099521155010221e-10)))),
          ),
        ),
      ),
    ),
  );
  const sine = f64x2.sub(
    y0,
    f64x2.sub(
      f64x2.sub(f64x2.mul(zz, f64x2.sub(f64x2.mul(all(0.5), y1), f64x2.mul(v, rs))), y1),
      f64x2.mul(v, all(-1.66666666666666324348e-1)),
    ),
  );
  // cos, −sin, −cos, sin for n = 0, 1, 2, 3; 4 is 0 again.
  const n = i32x4.trunc_sat_f64x2_s_zero(turns);
  const quarter = v128.shuffle<i32>(n, n, 0, 0, 1, 1);
  const isOdd = i32x4.eq(v128.and(quarter, i32x4.splat(1)), i32x4.splat(1));
  const negative = i64x2.shl(
    v128.and(v128.and(i32x4.add(quarter, i32x4.splat(1)), i32x4.splat(2)), i64x2.splat(2)),
    62,
  );
  const cos = v128.xor(v128.bitselect(sine, cosine, isOdd), negative);
  v128.store(out, f64x2.mul(std, f64x2.mul(radius, cos)));

  // Rare: f close to 0, an angle close to a multiple of π/2 or between two of fdlibm's ranges.
  const ha = highWords(angle);
  const rare = v128.or(
    v128.or(tinyF, i32x4.lt_s(hy, i32x4.splat(0x3f000000))),
    v128.or(
      i32x4.lt_s(i32x4.abs(i32x4.sub(ha, i32x4.splat(0x3fe921fb))), i32x4.splat(2)),
      i32x4.lt_s(i32x4.abs(i32x4.sub(ha, i32x4.splat(0x4002d97c))), i32x4.splat(2)),
    ),
  );
  if (v128.any_true(rare)) {
    const factor = f64x2.extract_lane(std, 0);
    store<f64>(out, factor * boxMuller(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
    store<f64>(out, factor * boxMuller(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)), 8);
  }
}
