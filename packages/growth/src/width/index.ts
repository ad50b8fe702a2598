// Shared by operators in width: copies of indices (options, maps, shares, norms, the plan), and matrices.
export { type AxisMatrix, type LinearGrowth, linearTensors } from "./along.js";
export { copiesPlan } from "./copies.js";
export { copiesOf, copyOptions, listedSizes } from "./copy-options.js";
export { cancelling } from "./shares.js";
export { streamBesideNew } from "./stream.js";
