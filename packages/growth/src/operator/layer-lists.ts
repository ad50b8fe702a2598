// Lists of layers that several depth operators make: for each target layer the base layer that it copies.

/** The whole base again and again: t mod l. What is left after whole copies is filled from the top of the base. */
export function stackedLayers(base: number, target: number): number[] {
  const rest = target % base;
  return Array.from({ length: target }, (_, t) => (t < target - rest ? t % base : base - target + t));
}

/** Every layer repeated in place: ⌊t l / L⌋. */
export function interpolatedLayers(base: number, target: number): number[] {
  return Array.from({ length: target }, (_, t) => Math.floor((t * base) / target));
}

/** The target layers that are copies once more: their base layer already stands further down. */
export function repeatedLayers(layers: readonly number[]): ReadonlySet<number> {
  return new Set(layers.flatMap((from, t) => (layers.indexOf(from) < t ? [t] : [])));
}
