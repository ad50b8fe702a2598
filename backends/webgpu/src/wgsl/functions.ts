// WGSL functions that a kernel includes if it uses them. They are exact to a few units in the last place, which WGSL
// does not require of its built-ins.

/** Sources by name; polynomials from Moshier's Cephes library (single precision). */
export const functions = {
  // The built-in may lose digits near zero and overflow far from it.
  tanhf: `fn tanhf(x: f32) -> f32 {
  let z = x * x;
  let near = (((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z
    - 3.33332819422e-1) * z) * x + x;
  let far = sign(x) * (1.0 - 2.0 / (exp(2.0 * min(abs(x), 20.0)) + 1.0));
  return select(far, near, abs(x) < 0.625);
}`,
  // The built-ins are only exact to 2^-11.
  sinf: `fn sinf(x: f32) -> f32 { return turn(x, 0); }`,
  cosf: `fn cosf(x: f32) -> f32 { return turn(x, 1); }`,
  turn: `fn turn(x: f32, quarter: i32) -> f32 {
  let q = round(x * 0.636619772367581);
  let r = ((x - q * 1.5703125) - q * 4.837512969970703e-4) - q * 7.549789948768648e-8;
  let z = r * r;
  let sine = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let cosine = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  let n = (i32(q) + quarter) & 3;
  return select(1.0, -1.0, n >= 2) * select(sine, cosine, (n & 1) == 1);
}`,
  half: half("half", "f32", "u32"),
  half4: half("half4", "vec4<f32>", "vec4<u32>"),
} as const;

/**
 * The nearest number that f16 can hold, ties to even, and ±∞ beyond its range. WGSL leaves the direction of rounding to the
 * driver when it converts to f16; for a number that this function returns, that conversion is exact.
 */
function half(name: string, real: string, word: string): string {
  return `fn ${name}(x: ${real}) -> ${real} {
  let sign = bitcast<${word}>(x) & ${word}(0x80000000u);
  let magnitude = bitcast<${word}>(x) ^ sign;
  // Below 2^-14 the steps of f16 are 2^-24, like those of f32 at one half.
  let steps = bitcast<${word}>(bitcast<${real}>(magnitude) + 0.5f) - ${word}(0x3f000000u);
  let low = bitcast<${word}>(${real}(steps) * 5.960464477539063e-8f);
  let near = (magnitude + ${word}(0xfffu) + ((magnitude >> ${word}(13u)) & ${word}(1u))) & ${word}(0xffffe000u);
  let high = select(near, ${word}(0x7f800000u), near >= ${word}(0x47800000u));
  let number = select(high, low, magnitude < ${word}(0x38800000u));
  return bitcast<${real}>(sign | select(number, magnitude, magnitude > ${word}(0x7f800000u)));
}`;
}

export type FunctionName = keyof typeof functions;

const uses: Partial<Record<FunctionName, FunctionName>> = { sinf: "turn", cosf: "turn" };

/** The sources of `names` and of the functions they use, each once. */
export function functionSources(names: Iterable<FunctionName>): string {
  const all = new Set([...names].flatMap((name) => [uses[name] ?? name, name]));
  return [...all].map((name) => functions[name]).join("\n");
}
