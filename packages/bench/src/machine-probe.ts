// Measures how fast the machine is at the moment, by a fixed piece of work of some milliseconds on one core that does
// not depend on any backend.

const values = new Float64Array(1 << 15);

/** Runs the probe. @returns its seconds */
export function machineProbe(): number {
  const began = performance.now();
  for (let pass = 0; pass < 64; pass++) {
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * 0.5 + i;
  }
  return (performance.now() - began) / 1000;
}
