// AdamW's settings, their defaults and their ranges: the schema is the type, the check, and what recipes have.
import { CambiumError, type Reason } from "@cambium/ir";
import * as z from "zod";

/** The defaults are those of Du et al. 2024, appendix B.3. */
export const optimizerSchema = z.strictObject({
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.95),
  eps: z.number().positive().lt(1).default(1e-8),
  weightDecay: z.number().nonnegative().default(0.1).describe("Decoupled decay."),
  clip: z
    .number()
    .positive()
    .nullable()
    .default(1)
    .describe("Joint L2 norm that gradients are clipped to; null for no clipping."),
});

export type OptimizerOptions = Readonly<z.output<typeof optimizerSchema>>;

export const defaultOptimizer: OptimizerOptions = optimizerSchema.parse({});

/** `given` over the defaults. @throws CambiumError `E_OPTIMIZER` with all that is out of range or unknown. */
export function optimizerOptions(given: Partial<OptimizerOptions> = {}): OptimizerOptions {
  const { data, error } = optimizerSchema.safeParse(given);
  if (data) return data;
  const reasons = error.issues.map(({ path: [name], message }): Reason => {
    // A setting that there is not: the message names it.
    if (name === undefined) return { message };
    return { where: String(name), message, got: String(given[name as keyof OptimizerOptions]) };
  });
  throw new CambiumError("E_OPTIMIZER", "the optimizer's settings do not make sense", { reasons });
}
