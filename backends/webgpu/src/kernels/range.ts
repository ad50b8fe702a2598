// 0, 1, …, count − 1: the indices of unrolled WGSL.
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
