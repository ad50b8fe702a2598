// The conformance suites for operators and presets, and the measurements that their authors' own tests need.

export { gradients } from "../measure/gradients.js";
export {
  difference,
  growExactly,
  logits,
  type Masked,
  randomWeights,
  readExactly,
  type Weights,
} from "../measure/logits.js";
export type { TestApi } from "./api.js";
export {
  type BaseChoice,
  baseModel,
  defaultCases,
  type ListCase,
  type OperatorCase,
  type Refusal,
  testBases,
} from "./case.js";
export { courseError } from "./course.js";
export { type DescribeOperatorOptions, describeOperator } from "./describe.js";
export { foundBy } from "./found.js";
export { gradientRuleError } from "./gradient-rules.js";
export { assertStateGraph, type RunGraph } from "./graph.js";
export { type DescribePresetOptions, describePreset } from "./preset.js";
