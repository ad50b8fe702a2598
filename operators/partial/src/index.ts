// Partial stacking: a run of layers repeated between a beginning and an end.
import { depthError, depthOperator, wholeRepeats } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import * as z from "zod";
import { version } from "../package.json";

/**
 * Partial stacking of "Stacking Your Transformers" (Du et al. 2024, Table 5): `pattern` says which sixths of the base
 * are at the beginning, which are repeated and which are at the end; the repeats follow from the requested depth.
 * The function is not kept.
 *
 * Options: `pattern`; `factor` (default 4) or `layers`. The base must have a multiple of 6 layers. A wrong pattern is
 * refused with `E_GROWTH_PATTERN`, a depth that the pattern cannot make with `E_GROWTH_LAYERS`.
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import partial from "@cambium/operator-partial";
 * layerMap(partial.plan(base, { pattern: "12-34x10-56", layers: 12 })); // [0, 1, 2, 3, 2, 3, 2, 3, 2, 3, 4, 5] of 6
 */
export default depthOperator({
  name: "partial",
  version,
  summary: "a run of sixths repeated between a beginning and an end (Du et al. 2024, Table 5)",
  options: { pattern: z.string().describe("[prefix-]MIDDLExTIMES[-suffix] in sixths of the base, e.g. 12-3456x5-56") },
  layers: (base, target, { pattern }) => partialLayers(parsed(pattern), base, target),
});

/** Digits of a pattern stand for sixths of the base. */
const digits = "123456";
const parts = digits.length;
const grammar = /^(?:(?<prefix>[1-6]+)-)?(?<middle>[1-6]+)x(?<times>[1-9]\d*)(?:-(?<suffix>[1-6]+))?$/;

/**
 * The groups as they are written; the prefix and the suffix may be empty. `x` stands for the paper's `*`: `12-3456x5-56`
 * is sixths 1 and 2, five times 3 to 6, then 5 and 6 again. The repeats are for a base of 6 layers and a target of 24.
 */
function parsed(pattern: string): { prefix: string; middle: string; suffix: string } {
  const fail = (message: string, got: string) => {
    const expected = "[prefix-]MIDDLExTIMES[-suffix], each a run of digits from 1 to 6: 12-3456x5-56";
    return new CambiumError("E_GROWTH_PATTERN", message, { where: `pattern "${pattern}"`, expected, got });
  };
  const { prefix = "", middle = "", suffix = "", times } = grammar.exec(pattern)?.groups ?? {};
  if (times === undefined) throw fail("is not a pattern of partial stacking", pattern);
  const broken = [prefix, middle, suffix].find((group) => !digits.includes(group));
  if (broken !== undefined) throw fail("a group is not a run of neighbouring sixths", broken);
  const layers = prefix.length + Number(times) * middle.length + suffix.length;
  if (layers !== 4 * parts) throw fail(`does not make ${4 * parts} layers of ${parts}`, `${layers}`);
  return { prefix, middle, suffix };
}

/**
 * Prefix, k times the middle, suffix, a sixth being u = base / 6 layers and k = (target − P − S) / M, where P, M, S are
 * the layers of prefix, middle and suffix.
 */
function partialLayers({ prefix, middle, suffix }: ReturnType<typeof parsed>, base: number, target: number): number[] {
  if (base % parts !== 0) {
    const hint = `a base of ${Math.max(1, Math.round(base / parts)) * parts} layers, or another operator`;
    const expected = `a multiple of ${parts} layers`;
    throw depthError("the base cannot be divided into sixths", { expected, got: `${base}`, hint });
  }
  if (target <= base)
    throw depthError("there is nothing to grow", { expected: `more than ${base} layers`, got: `${target}` });
  const unit = base / parts;
  const once = (prefix.length + suffix.length) * unit;
  const repeats = wholeRepeats(base, target, { once, each: middle.length * unit });
  const sixths = [...`${prefix}${middle.repeat(repeats)}${suffix}`].map((digit) => digits.indexOf(digit));
  return sixths.flatMap((sixth) => Array.from({ length: unit }, (_, i) => sixth * unit + i));
}
