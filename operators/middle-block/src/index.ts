// A block in the middle of the model: MIDAS repeats the middle block, LIDAS joins the two around the middle.
import { depthError, depthOperator } from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";

/**
 * Grows by one block of b layers. `midas` (Saunshi et al. 2024): of n = m b layers the middle block, number ⌈m/2⌉ from
 * 1, is repeated right after itself. `lidas` (arXiv 2512.08819): between the halves of the model, the last b/2 layers
 * of the first half and then the first b/2 layers of the second are repeated. The function is not kept.
 *
 * Options: `insert` `midas` (default) or `lidas`; `block` (default 2; the papers: 4 of 24 layers and the like).
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import middleBlock from "@cambium/operator-middle-block";
 * layerMap(middleBlock.plan(base, { block: 2 })); // [0, 1, 2, 3, 2, 3, 4, 5] of 6
 */
export default depthOperator({
  name: "middle-block",
  version,
  summary: "a block of layers repeated in the middle (MIDAS, Saunshi et al. 2024; LIDAS)",
  options: {
    insert: z
      .enum(["midas", "lidas"])
      .default("midas")
      .describe("the middle block again, or the layers around the middle"),
    block: z.int().positive().default(2).describe("number of layers inserted"),
  },
  decided: (base, { block }) => base + block,
  layers: (base, target, { insert, block }) => {
    if (insert === "midas" ? base % block !== 0 : base % 2 !== 0 || block % 2 !== 0 || block > base) {
      const expected =
        insert === "midas"
          ? `a multiple of ${block} layers`
          : `an even number of layers, and of at most these in the block`;
      throw depthError("the middle is not a whole block", { expected, got: `${base} layers, block ${block}` });
    }
    // The first old layer after the inserted block, and the first layer of that block.
    const behind = insert === "midas" ? Math.ceil(base / block / 2) * block : base / 2;
    const first = insert === "midas" ? behind - block : behind - block / 2;
    return Array.from({ length: target }, (_, t) => {
      if (t < behind) return t;
      return t < behind + block ? first + (t - behind) : t - block;
    });
  },
});
