// The conformance suite for backends as plain cases: no test runner in it, so that a page in a browser can run it too.
import type { ConformanceCase, ConformancePart } from "./case.js";
import { edgeCases } from "./edge-cases.js";
import { flowCases } from "./flow-cases.js";
import { opCases } from "./op-cases.js";
import { runCases } from "./run-cases.js";
import { tensorCases } from "./tensor-cases.js";
import { trainingCases } from "./training-cases.js";

export {
  assertAgrees,
  assertClose,
  assertRejects,
  assertSameBits,
  type HostTensors,
  runFetched,
  sampleTolerance,
} from "./agree.js";
export { type ConformanceCase, type ConformancePart, runCase } from "./case.js";
export { randomGraph } from "./random.js";
export { initialState, stateNames, stepInputs, tinyTrainStep } from "./tiny-llama.js";

/** Every part, in the order in which failures make sense. */
export const conformanceParts: readonly ConformancePart[] = ["contract", "values", "gradients", "training"];

/** The cases of `parts`. A device tested without `values` need not compute anything. */
export function conformanceCases(parts: readonly ConformancePart[] = conformanceParts): ConformanceCase[] {
  const computes = parts.includes("values");
  const contract = [...tensorCases(computes), ...runCases(computes), ...flowCases(computes)];
  const cases = [...contract, ...opCases(), ...edgeCases(), ...trainingCases()];
  return parts.flatMap((part) => cases.filter((candidate) => candidate.part === part));
}
