// The conformance suite for backends as plain cases without a test runner, so that a page in a browser can run it too.
import type { ConformanceCase, ConformancePart } from "./case.js";
import { contractCases } from "./contract/index.js";
import { edgeCases } from "./edge-cases.js";
import { opCases } from "./op-cases.js";
import { trainingCases } from "./training-cases.js";

export {
  assertAgrees,
  assertClose,
  assertExpected,
  assertRejects,
  assertSameBits,
  type HostTensors,
  runFetched,
  sampleTolerance,
} from "./agree.js";
export { type ConformanceCase, type ConformancePart, runCase } from "./case.js";
export { type Comparison, compare, type Deviation } from "./compare.js";
export { type Departure, departure, type KeptCase, keepCase, keptCase } from "./kept-case.js";
export { randomGraph } from "./random.js";
export { initialState, stateNames, stepInputs, tinyTrainStep } from "./tiny-llama.js";

/** Every part, in the order to fix failures in: a device that fails one part usually fails the later ones too. */
export const conformanceParts: readonly ConformancePart[] = ["contract", "values", "gradients", "training"];

/** The cases of `parts`. Without the part `values`, a device need not compute anything. */
export function conformanceCases(parts: readonly ConformancePart[] = conformanceParts): ConformanceCase[] {
  const cases = [...contractCases(parts.includes("values")), ...opCases(), ...edgeCases(), ...trainingCases()];
  return parts.flatMap((part) => cases.filter((candidate) => candidate.part === part));
}
