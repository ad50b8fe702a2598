// How often each part of a mixture is read.
import { CambiumError } from "@cambium/ir";

/** What is requested of a part. */
export interface Share {
  /** Its share of the tokens, relative to the other parts' weights. All parts have one, or none has. */
  readonly weight?: number;
  /** How often it is read; with weights, an upper bound. Default 1. */
  readonly epochs?: number;
}

/**
 * Without weights, each part is read `epochs` times. With weights, each is read in proportion to its share, as often as
 * possible without reading any part more than its `epochs` times.
 * @param tokens of each part
 */
export function timesRead(parts: readonly Share[], tokens: readonly number[]): number[] {
  const epochs = parts.map((part) => part.epochs ?? 1);
  if (parts.every(({ weight }) => weight === undefined)) return epochs;
  const perWeight = parts.map(({ weight = 0 }, i) => ((epochs[i] as number) * (tokens[i] as number)) / weight);
  // A part without tokens does not limit the others, whatever its weight.
  const total = perWeight.reduce((least, one) => (one > 0 ? Math.min(least, one) : least), Number.POSITIVE_INFINITY);
  return parts.map(({ weight = 0 }, i) => (tokens[i] === 0 ? 0 : (total * weight) / (tokens[i] as number)));
}

/** @throws CambiumError `E_OPTION` for weights that only some parts have, and for numbers that are not above zero. */
export function checkShares(parts: readonly (Share & { readonly name: string })[]): void {
  const reasons = parts.flatMap(({ name, weight, epochs }) =>
    Object.entries({ weight, epochs }).flatMap(([what, value]) =>
      value === undefined || (value > 0 && Number.isFinite(value))
        ? []
        : [{ where: name, message: `${what} is out of range`, expected: "a number above 0", got: String(value) }],
    ),
  );
  const without = parts.filter(({ weight }) => weight === undefined);
  if (without.length > 0 && without.length < parts.length) {
    const expected = "a weight for each part, or for none";
    for (const { name: where } of without) reasons.push({ where, message: "has no weight", expected, got: "none" });
  }
  if (reasons.length > 0)
    throw new CambiumError("E_OPTION", "the weights and epochs of this corpus are invalid", { reasons });
}
