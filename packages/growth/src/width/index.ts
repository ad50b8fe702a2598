// Shared by operators that copy indices in width: index maps, the shares of copies, the norms, the plan.
export { type Copies, copiesPlan, mapOf } from "./copies.js";
export { listOf, spreads } from "./index-map.js";
export { splits } from "./shares.js";
export { normModes, streamFactors } from "./stream.js";
export { type WidthMaps, widthMaps } from "./width-maps.js";
