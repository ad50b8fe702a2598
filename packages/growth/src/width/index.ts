// Shared by operators that copy indices in width: index maps, the shares of copies, the norms, the plan.
export { type Copies, copiesPlan, mapOf } from "./copies.js";
export { indexMap, listOf, spreads } from "./index-map.js";
export { centred, splits } from "./shares.js";
export { normModes, streamFactors } from "./stream.js";
export { type WidthMaps, widthMaps } from "./width-maps.js";
