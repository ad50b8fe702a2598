// The growth that suites measure: the base repeated (G_stack, Du et al. 2024).
import { depthOperator } from "@cambium/growth";

export const stack = depthOperator({
  name: "stack",
  version: "1.0.0",
  summary: "the base repeated",
  layers: (base, target) => Array.from({ length: target }, (_, i) => i % base),
});
