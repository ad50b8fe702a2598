// Partial stacking 123-456*7: the back half repeated.
import { partialOperator } from "@cambium/growth";
import { version } from "../package.json";

/**
 * Partial stacking 123-456*7 of "Stacking Your Transformers" (Du et al. 2024, Table 5): the back half repeated.
 * A digit is a sixth of the base, and the repeats follow from the depth asked for. From 6 to 24 layers it keeps 17 of
 * 23 connections; the paper finds its loss among the best four of eight. The function is not kept.
 *
 * Options: `factor` (default 4) or `layers`. The base must have a multiple of 6 layers.
 *
 * @example
 * import operator from "@cambium/operator-partial-123-456x7";
 * operator.layers?.(6, { factor: 4 }); // [0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5, 3, 4, 5, 3, 4, 5, 3, 4, 5, 3, 4, 5]
 */
export default partialOperator({ pattern: "123-456x7", version });
