// One AdamW update of one tensor in single precision, four lanes at a time.

/**
 * Record: elements at 4; pointers at 8 param, 12 grad, 16 m, 20 v, 24 next param, 28 next m, 32 next v, 36 gradScale,
 * 40 lr; f64 at 48 β₁, 56 β₂, 64 eps, 72 weightDecay, 80 lrMultiplier, 88 1−β₁^step, 96 1−β₂^step. Outputs may be the
 * inputs themselves.
 */
export function update(record: usize): void {
  const count = load<u32>(record, 4);
  let param: usize = load<u32>(record, 8);
  let grad: usize = load<u32>(record, 12);
  let m: usize = load<u32>(record, 16);
  let v: usize = load<u32>(record, 20);
  let nextParam: usize = load<u32>(record, 24);
  let nextM: usize = load<u32>(record, 28);
  let nextV: usize = load<u32>(record, 32);
  const scale = load<f32>(load<u32>(record, 36));
  const lr = <f64>load<f32>(load<u32>(record, 40));
  const beta1 = load<f64>(record, 48);
  const beta2 = load<f64>(record, 56);
  const keepM = <f32>beta1;
  const keepV = <f32>beta2;
  const takeM = <f32>(1 - beta1);
  const takeV = <f32>(1 - beta2);
  const eps = <f32>load<f64>(record, 64);
  const shrink = <f32>(1 - lr * load<f64>(record, 72));
  const size = <f32>((lr * load<f64>(record, 80)) / load<f64>(record, 88));
  const root = <f32>(1 / sqrt<f64>(load<f64>(record, 96)));

  const scale4 = f32x4.splat(scale);
  const keepM4 = f32x4.splat(keepM);
  const keepV4 = f32x4.splat(keepV);
  const takeM4 = f32x4.splat(takeM);
  const takeV4 = f32x4.splat(takeV);
  const eps4 = f32x4.splat(eps);
  const shrink4 = f32x4.splat(shrink);
  const size4 = f32x4.splat(size);
  const root4 = f32x4.splat(root);

  // Two vectors a turn: counting seven pointers up for each of them took a tenth of the time.
  const end = param + ((<usize>count & ~7) << 2);
  while (param < end) {
    let g = f32x4.mul(v128.load(grad), scale4);
    let m1 = blend(v128.load(m), keepM4, g, takeM4);
    let v1 = blend(v128.load(v), keepV4, f32x4.mul(g, g), takeV4);
    let below = f32x4.add(f32x4.mul(f32x4.sqrt(v1), root4), eps4);
    let p = f32x4.mul(v128.load(param), shrink4);
    v128.store(nextM, m1);
    v128.store(nextV, v1);
    v128.store(nextParam, f32x4.sub(p, f32x4.mul(size4, f32x4.div(m1, below))));
    g = f32x4.mul(v128.load(grad, 16), scale4);
    m1 = blend(v128.load(m, 16), keepM4, g, takeM4);
    v1 = blend(v128.load(v, 16), keepV4, f32x4.mul(g, g), takeV4);
    below = f32x4.add(f32x4.mul(f32x4.sqrt(v1), root4), eps4);
    p = f32x4.mul(v128.load(param, 16), shrink4);
    v128.store(nextM, m1, 16);
    v128.store(nextV, v1, 16);
    v128.store(nextParam, f32x4.sub(p, f32x4.mul(size4, f32x4.div(m1, below))), 16);
    param += 32;
    grad += 32;
    m += 32;
    v += 32;
    nextParam += 32;
    nextM += 32;
    nextV += 32;
  }
  for (let rest = count & 7; rest > 0; rest--) {
    const g = load<f32>(grad) * scale;
    const m1 = load<f32>(m) * keepM + g * takeM;
    const v1 = load<f32>(v) * keepV + g * g * takeV;
    store<f32>(nextM, m1);
    store<f32>(nextV, v1);
    store<f32>(nextParam, load<f32>(param) * shrink - size * (m1 / (sqrt<f32>(v1) * root + eps)));
    param += 4;
    grad += 4;
    m += 4;
    v += 4;
    nextParam += 4;
    nextM += 4;
    nextV += 4;
  }
}

/** old · keep + next · take. */
// @ts-ignore: decorator
@inline
function blend(old: v128, keep: v128, next: v128, take: v128): v128 {
  return f32x4.add(f32x4.mul(old, keep), f32x4.mul(next, take));
}
