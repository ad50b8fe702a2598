// Adds a multiple of some numbers to others.

/** out += factor · from, for `count` numbers, rounded up to a multiple of 8. */
export function addMultiple(out: usize, from: usize, count: u32, factor: f64): void {
  const by = f64x2.splat(factor);
  for (const end = out + ((<usize>count) << 3); out < end; out += 64) {
    two(out, from, by);
    two(out + 16, from + 16, by);
    two(out + 32, from + 32, by);
    two(out + 48, from + 48, by);
    from += 64;
  }
}

// @ts-ignore: decorator
@inline
function two(out: usize, from: usize, by: v128): void {
  v128.store(out, f64x2.add(v128.load(out), f64x2.mul(by, v128.load(from))));
}
