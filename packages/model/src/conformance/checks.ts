// The types of the conformance suite's checks and of their input.
import type { ModelSpec } from "../family.js";

export interface FlopsSize {
  readonly batch: number;
  readonly context: number;
}

/** Checks of one config by the names of their tests. A check throws if the family fails it. */
export type FamilyChecks = (tested: Tested) => Readonly<Record<string, () => void>>;

/** The input of the checks. */
export interface Tested {
  readonly model: ModelSpec;
  readonly ordered: ReadonlySet<string>;
  readonly flops: ((model: ModelSpec, size: FlopsSize) => number) | undefined;
}
