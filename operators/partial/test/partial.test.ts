// Partial stacking: the eight patterns of Du et al. 2024, Table 5, at many depths, and patterns and depths that are refused.
import { describeOperator } from "@cambium/growth/conformance";
import operator from "../src/index.js";

/** Layers before and after. */
const growths = [6, 6, 6, 6, 6, 12, 12, 12, 12].map((base, i) => [base, [24, 12, 18, 30, 36, 24, 30, 36, 48][i] ?? 0]);
/** For each growth the connections kept, counted by hand; null where no whole number of repeats makes it. */
const patterns: Readonly<Record<string, readonly (number | null)[]>> = {
  "123456x4": [20, 10, 15, 25, 30, 22, null, 33, 44],
  "12-3456x5-56": [18, 9, null, null, 27, 21, null, null, 42],
  "12-345x7-6": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "123-456x7": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "1234-56x10": [14, 8, 11, 17, 20, 20, null, 29, 38],
  "12-34x10-56": [14, 8, 11, 17, 20, 20, null, 29, 38],
  "1-234x7-56": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "123x7-456": [17, 9, 13, 21, 25, 21, 26, 31, 41],
};

const at = (layers: number, target: number, pattern = "12-3456x5-56") => ({
  ...{ base: { layers }, options: { pattern, layers: target } },
});
/** The layers as the paper writes them, the middle as often as the target asks, a sixth being `base` / 6 layers. */
const written = (pattern: string, base: number, target: number) => {
  const [unit, middle = ""] = [base / 6, /\d+(?=x)/.exec(pattern)?.[0]];
  const once = pattern.replace(/\d+x\d+|-/g, "").length;
  const all = pattern.replace(/\d+x\d+/, middle.repeat((target / unit - once) / middle.length)).replaceAll("-", "");
  return [...all].flatMap((digit) => Array.from({ length: unit }, (_, j) => (Number(digit) - 1) * unit + j));
};
const every = Object.entries(patterns).flatMap(([pattern, kept]) =>
  growths.map(([base = 0, target = 0], i) => ({
    ...{ ...at(base, target, pattern), layers: written(pattern, base, target) },
    connectionRate: [kept[i] ?? -1, target - 1] as const,
  })),
);
const makes = ({ connectionRate: [kept] }: (typeof every)[number]) => kept >= 0;
const code = "E_GROWTH_LAYERS";
const between = Object.entries({ 13: "16", 15: "16", 17: "16 or 24", 23: "16 or 24", 59: "56 or 64", 60: "56 or 64" });
const wrong = (says: string, ...texts: string[]) =>
  texts.map((pattern) => ({ options: { pattern }, code: "E_GROWTH_PATTERN", says }));

describeOperator(operator, {
  cases: [{ name: "what the presets are compared with", ...at(6, 24), layers: written("12-3456x5-56", 6, 24) }],
  lists: [...every.filter(makes), { ...at(6, 8), layers: [0, 1, 2, 3, 4, 5, 4, 5] }, at(12, 16)],
  refuses: [
    ...every.filter((one) => !makes(one)).map((one) => ({ ...one, code, says: "not a whole number of repeats" })),
    ...between.map(([target, near]) => ({ ...at(12, Number(target)), code, says: `layers: ${near}` })),
    { ...at(8, 32), code, says: "cannot be divided into sixths" },
    // k would be 1/2: the groups overlap.
    { ...at(6, 6), code, says: "there is nothing to grow" },
    ...wrong("not a pattern", "", "123456", "123456*4", "12-34-56", "1-2-34x5-56", "127x4", "123456x0"),
    ...wrong("not a run of neighbouring sixths", "13-456x7", "321x7-456", "112x7-456"),
    ...wrong("does not make 24 layers of 6", "123456x5", "12-34x9-56"),
  ],
});
