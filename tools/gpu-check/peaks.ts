// Peak TFLOPS of cards without sparsity, from NVIDIA's datasheets: f32, and f16 without tensor cores, which WebGPU does
// not reach. Shares in the results are shares of these.

const cards: readonly (readonly [name: RegExp, f32: number, f16: number])[] = [
  [/H200|H100.*(SXM|HBM3)/, 67, 134],
  [/H100/, 51, 102],
  [/A100/, 19.5, 78],
  [/L40S/, 91.6, 91.6],
  [/\bL4\b/, 30.3, 30.3],
  [/\bT4\b/, 8.1, 16.2],
  [/V100/, 15.7, 31.4],
  [/RTX 5090/, 104.8, 104.8],
  [/RTX 4090/, 82.6, 82.6],
  [/RTX 3090/, 35.6, 35.6],
];

/** Returns null for a card that is not listed. */
export function peakOf(device: string): { readonly f32: number; readonly f16: number } | null {
  const found = cards.find(([name]) => name.test(device));
  return found ? { f32: found[1] * 1000, f16: found[2] * 1000 } : null;
}
