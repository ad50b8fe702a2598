// What a growth keeps, by measurement: what conformance tests and `cambium grow --check` share.
export { type MeasuredClaims, measureClaims } from "./claims.js";
export { gradients } from "./gradients.js";
export { difference, growExactly, logits, type Masked, randomWeights, type Weights } from "./logits.js";
export { smallModel, smallOptions } from "./small.js";
