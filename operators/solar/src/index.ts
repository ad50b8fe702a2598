// SOLAR: two copies of the model, without the last layers of one and the first of the other.
import { depthError, depthOperator } from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";

/**
 * Depth up-scaling of SOLAR 10.7B (Kim et al. 2023): layers 0 to l − m − 1, then m to l − 1; 32 layers and m = 8 make
 * 48. One connection is lost. The function is not kept; the paper continues training all parameters.
 *
 * Options: `drop`: m, by default a quarter of the layers.
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import solar from "@cambium/operator-solar";
 * layerMap(solar.plan(base, { drop: 2 })); // [0, 1, 2, 3, 2, 3, 4, 5] of 6
 */
export default depthOperator({
  name: "solar",
  version,
  summary: "two overlapping copies of the model (SOLAR, Kim et al. 2023)",
  options: { drop: z.int().nonnegative().exactOptional().describe("layers that each copy loses; default a quarter") },
  decided: (base, { drop }) => 2 * (base - dropped(base, drop)),
  layers: (base, target, { drop }) => {
    const m = dropped(base, drop);
    return Array.from({ length: target }, (_, t) => (t < base - m ? t : t - (base - m) + m));
  },
});

function dropped(base: number, drop = Math.floor(base / 4)): number {
  if (2 * drop <= base) return drop;
  const expected = `at most ${Math.floor(base / 2)} of ${base} layers`;
  throw depthError("the copies would not reach the base's depth", { where: "drop", expected, got: `${drop}` });
}
