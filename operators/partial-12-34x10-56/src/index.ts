// Partial stacking 12-34*10-56: the middle third repeated.
import { partialOperator } from "@cambium/growth";
import { version } from "../package.json";

/**
 * Partial stacking 12-34*10-56 of "Stacking Your Transformers" (Du et al. 2024, Table 5): the middle third repeated.
 * A digit is a sixth of the base, and the repeats follow from the depth asked for. From 6 to 24 layers it keeps 14 of
 * 23 connections; the paper finds its loss in the middle of eight. The function is not kept.
 *
 * Options: `factor` (default 4) or `layers`. The base must have a multiple of 6 layers.
 *
 * @example
 * import operator from "@cambium/operator-partial-12-34x10-56";
 * operator.layers?.(6, { factor: 4 }); // [0, 1, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 4, 5]
 */
export default partialOperator({ pattern: "12-34x10-56", version });
