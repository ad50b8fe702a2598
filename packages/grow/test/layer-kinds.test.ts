// New layers, and layers mixed from several, have no kind of attention: with layers of several kinds they are refused.

import { dryRunGrowth } from "@cambium/grow/node";
import type { Operator } from "@cambium/growth";
import { describe, expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";

const masked = new URL("../../../operators/random-masked/dist/index.js", import.meta.url).pathname;

describe("layers of several kinds", () => {
  const bf16 = (size: number) => ({ dtype: "BF16", shape: [size], bytes: 2 * size });
  const [S, F] = ["sliding_attention", "full_attention"];
  const qwen = {
    ...llamaJson(2, 32, 48),
    model_type: "qwen3",
    head_dim: 8,
    use_sliding_window: true,
    sliding_window: 4,
  };

  it.each([{ layer_types: [S, F] }, { layer_types: [F, S], max_window_layers: 0 }, { max_window_layers: 1 }])(
    "get no new ones: %o",
    async (fields) => {
      const { default: operator } = (await import(masked)) as { default: Operator };
      const dir = await tempDir();
      const norms = [0, 1].flatMap((n) =>
        ["q_norm", "k_norm"].map((one) => `model.layers.${n}.self_attn.${one}.weight`),
      );
      const shards = [...llamaShards(2, 32, 48), Object.fromEntries(norms.map((name) => [name, bf16(8)]))];
      const from = writeModel(`${dir}/base`, { ...qwen, ...fields }, shards);
      const error = await refusal(() => dryRunGrowth(from, `${dir}/out`, { operator, options: { layers: 3 } }));
      expect(error.format()).toContain("layers of several kinds");
      await dryRunGrowth(from, `${dir}/out`, { operator: stacked, options: { factor: 2 } });
      await dryRunGrowth(writeModel(`${dir}/alike`, { ...qwen, layer_types: [S, S] }, shards), `${dir}/out`, {
        ...{ operator, options: { layers: 3 } },
      });
    },
  );
});
