// How fast the machine is at this moment: a fixed piece of work of no backend's, some milliseconds on one core. Two runs
// of the same build differ where it does.

const values = new Float64Array(1 << 15);

/** Seconds that it took. */
export function machineProbe(): number {
  const began = performance.now();
  for (let pass = 0; pass < 64; pass++) {
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * 0.5 + i;
  }
  return (performance.now() - began) / 1000;
}
