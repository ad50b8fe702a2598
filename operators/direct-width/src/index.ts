// G_direct in width: neurons, heads and channels of the stream copied, what reads them shared out, function preserved.
import { copiesOf, copiesPlan, copyOptions, listedSizes, scaledEps, widthOperator } from "@cambium/growth";
import { version } from "../package.json";

/**
 * G_direct of "Stacking Your Transformers" (Du et al. 2024, section 3.1 and appendix A.1) in width: along each grown
 * axis target indices copy source indices; weights that produce an index are copied, weights that read it are split so
 * that the copies' shares add up to 1. The paper's RMSNorm breaks the function; here the residual stream is rescaled
 * along with the norms (`normMode: stream`), so any map preserves it. The width of a head stays.
 *
 * Options: sizes `hidden`, `heads`, `kvHeads`, `intermediate`, or one `factor` for all (default 2);
 * `map` `tile` (default), `interleave`, `random` or `explicit` with `maps`; `split` `proj` (default), `elem`, `scalar`
 * or `even`, with which copies stay identical forever; `omegaScale`, `normMode`, `scaleLearningRates`, `seed`.
 *
 * @throws CambiumError `E_GROWTH_SIZES` when an axis shrinks or is not whole, `kvHeads` do not divide `heads`, or a map
 * loses a source index or a query head its key/value head.
 * @example
 * import directWidth from "@cambium/operator-direct-width";
 * directWidth.plan(base, { intermediate: 2 * intermediate });
 */
export default widthOperator({
  name: "direct-width",
  version,
  summary: "G_direct in width: copied neurons, heads and channels, function preserved (Du et al. 2024)",
  options: copyOptions("direct-width"),
  claims: { functionPreserving: "exact" },
  decided: listedSizes,
  target: (grown, growth, chosen) => scaledEps(grown, copiesOf(growth, chosen).stream.eps),
  plan: (growth, chosen) => copiesPlan(growth, copiesOf(growth, chosen), chosen),
});
