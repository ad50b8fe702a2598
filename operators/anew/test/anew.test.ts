// A newly initialised model: conformance, and the weights of training from scratch, to the bit.
import { applyPlan } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { initParameters } from "@cambium/model";
import { expect, test } from "vitest";
import anew from "../src/index.js";

describeOperator(anew, {
  cases: [
    { name: "deeper, tied", base: { tied: true }, options: { layers: 8 } },
    {
      name: "as Hugging Face draws, GQA",
      base: { heads: 4, kvHeads: 2, headDim: 4 },
      options: { layers: 7, init: "hf" },
    },
  ],
});

test("has the weights of a model from scratch, to the bit", async () => {
  for (const init of ["paper", "hf"] as const) {
    const plan = anew.plan(baseModel(), { layers: 7, init, seed: "7" });
    const randomBase = initParameters(plan.base, { seed: "base", scheme: init });
    const scratch = initParameters(plan.target, { seed: "7", scheme: init });
    for await (const [name, tensor] of applyPlan(plan, new Map(Object.entries(randomBase)), { dtype: "f32" }))
      expect([name, tensor]).toEqual([name, scratch[name]]);
  }
});
