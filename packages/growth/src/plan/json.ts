// The JSON form of a plan: the plan itself. Reading one back checks its form first, then that it holds together.
import { CambiumError } from "@cambium/ir";
import { type LlamaConfig, type LlamaConfigInput, llamaConfig } from "@cambium/model";
import { z } from "zod";
import { axisName, exprSchema } from "../expr/schema.js";
import { checkPlan } from "./compile.js";
import { type GrowthPlan, growthContractVersion } from "./plan.js";

const config = z.looseObject({}).transform((given, context): LlamaConfig => {
  try {
    return llamaConfig(given as unknown as LlamaConfigInput);
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    for (const { where, message } of error.details.reasons ?? []) {
      context.addIssue({ code: "custom", message, path: where === undefined ? [] : [where] });
    }
    return z.NEVER;
  }
});

const names = z.array(z.string()).readonly();
const index = z.int().nonnegative();

const planSchema: z.ZodType<GrowthPlan> = z.strictObject({
  contract: z.literal(
    growthContractVersion,
    `made for another version of the growth contract; this one is ${growthContractVersion}`,
  ),
  operator: z.strictObject({ name: z.string(), version: z.string(), options: z.record(z.string(), z.json()) }),
  base: config,
  target: config,
  tensors: z.record(z.string(), exprSchema),
  dropped: names,
  optimizer: z.strictObject({ moments: z.record(z.string(), exprSchema) }),
  freeze: names,
  masks: z
    .array(
      z.strictObject({
        tensors: names,
        axis: axisName,
        range: z.tuple([index, index]).readonly(),
        schedule: z.discriminatedUnion("kind", [
          z.strictObject({ kind: z.literal("linear"), start: z.number().nonnegative(), tokens: z.number().positive() }),
          z.strictObject({ kind: z.literal("const"), value: z.number().min(0).max(1) }),
        ]),
      }),
    )
    .readonly(),
  lrMultipliers: z.record(z.string(), z.number()),
  claims: z.strictObject({
    functionPreserving: z.enum(["exact", "exact-if-eps-scaled", "at-mask-0", "no"]),
    deadParams: names.exactOptional(),
  }),
});

/**
 * A plan read back from JSON, e.g. from `growth.json`.
 * @throws CambiumError `E_GROWTH_PLAN` with every reason why it is no plan, or none that holds together.
 */
export function parsePlan(json: unknown): GrowthPlan {
  const { success, data, error } = planSchema.safeParse(json);
  if (!success) {
    const reasons = error.issues.map(({ path, message }) => ({ where: path.join(" / ") || "the plan", message }));
    throw new CambiumError("E_GROWTH_PLAN", "this is no growth plan", { reasons });
  }
  checkPlan(data);
  return data;
}
