// Times runs one by one.

/** Seconds of each of `count` runs in sequence. @param before called before each run, not timed */
export async function timed(
  count: number,
  run: () => Promise<unknown>,
  before: () => Promise<unknown> = async () => undefined,
): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < count; i++) {
    await before();
    const began = performance.now();
    await run();
    seconds.push((performance.now() - began) / 1000);
  }
  return seconds;
}
