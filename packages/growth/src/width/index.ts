// Shared by operators in width: copies of indices (options, maps, shares, norms, the plan), and matrices along axes.
export { type AxisMatrix, grownAlong } from "./along.js";
export { copiesPlan } from "./copies.js";
export { copiesOf, copyOptions, listedSizes } from "./copy-options.js";
export { cancelling } from "./shares.js";
