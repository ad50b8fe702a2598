// 0, 1, …, count − 1: what unrolled WGSL is written along.
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
