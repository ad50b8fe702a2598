// What a check of the conformance suite is, and what it is given.
import type { ModelSpec } from "../family.js";

export interface FlopsSize {
  readonly batch: number;
  readonly context: number;
}

/** A check of one config by the name of its test; it throws where the family fails. */
export type FamilyChecks = (tested: Tested) => Readonly<Record<string, () => void>>;

/** What the checks are given. */
export interface Tested {
  readonly model: ModelSpec;
  readonly ordered: ReadonlySet<string>;
  readonly flops: ((model: ModelSpec, size: FlopsSize) => number) | undefined;
}
