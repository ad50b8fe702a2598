// G_direct in width: neurons, heads and channels of the stream copied, what reads them shared out, function preserved.
import {
  type Copies,
  copiesPlan,
  scaledEps,
  sizesError,
  streamFactors,
  type WidthGrowth,
  widthMaps,
  widthOperator,
} from "@cambium/growth";
import { isTied } from "@cambium/model";
import { version } from "../package.json";
import { type Options, options } from "./options.js";
import { rowsFromAbove } from "./rows-from-above.js";

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
  options,
  claims: { functionPreserving: "exact" },
  decided: ({ map, maps }) => {
    if ((map === "explicit") === (maps !== undefined)) return maps && { by: "maps", sizes: lengths(maps) };
    throw sizesError("the options give the sizes in more than one way", {
      expected: map === "explicit" ? "maps, with map: explicit" : `no maps, with map: ${map}`,
      got: maps ? "maps" : "none",
    });
  },
  target: (grown, growth, chosen) => scaledEps(grown, copiesOf(growth, chosen).stream.eps),
  plan: (growth, chosen) => {
    const copies = copiesOf(growth, chosen);
    const { eps, exact } = copies.stream;
    const kept = eps === 1 ? "exact" : "exact-if-eps-scaled";
    const parts = copiesPlan(growth, copies, chosen);
    const own = chosen.rows === "own" || Object.values(copies.maps).every(({ identity }) => identity);
    return {
      ...(chosen.rows === "own" ? parts : rowsFromAbove(parts, growth, copies.maps)),
      claims: { functionPreserving: exact && own ? kept : "no" },
    };
  },
});

function lengths(maps: NonNullable<Options["maps"]>) {
  return Object.fromEntries(Object.entries(maps).map(([axis, indices]) => [axis, indices.length]));
}

function copiesOf({ base, from, to }: WidthGrowth, chosen: Options): Copies {
  const { map, maps: lists = {}, seed } = chosen;
  const maps = widthMaps(from, to, map === "explicit" ? { lists } : { by: map, seed });
  return { maps, stream: streamFactors(maps.hidden, chosen, isTied(base)) };
}
