// 0, 1, …, count − 1: the numbers over which unrolled WGSL is written.
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
