// Measures what a growth preserves. Shared by the conformance suite and `cambium grow --check`.
export { type MeasuredClaims, measureClaims } from "./claims.js";
export { gradients } from "./gradients.js";
export { difference, growExactly, logits, type Masked, randomWeights, rounding, type Weights } from "./logits.js";
export { smallModel, smallOptions } from "./small.js";
