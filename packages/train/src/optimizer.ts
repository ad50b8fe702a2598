// AdamW's settings, their defaults and their checks.
import { CambiumError, type Reason } from "@cambium/ir";

export interface OptimizerOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled weight decay, on every parameter (as in the paper's code). */
  readonly weightDecay: number;
  /** Joint L2 norm to which gradients are clipped; null for no clipping. */
  readonly clip: number | null;
}

/** Du et al. 2024, appendix B.3. */
export const defaultOptimizer: OptimizerOptions = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, clip: 1 };

/** `given` over the defaults. @throws CambiumError `E_OPTIMIZER` with every value out of range. */
export function optimizerOptions(given: Partial<OptimizerOptions> = {}): OptimizerOptions {
  const options = { ...defaultOptimizer, ...given };
  const rules: [keyof OptimizerOptions, (x: number) => boolean, string][] = [
    ["beta1", (x) => x >= 0 && x < 1, "in [0, 1)"],
    ["beta2", (x) => x >= 0 && x < 1, "in [0, 1)"],
    ["eps", (x) => x > 0 && x < 1, "in (0, 1)"],
    ["weightDecay", (x) => x >= 0 && x < Number.POSITIVE_INFINITY, "≥ 0"],
    ["clip", (x) => x > 0 && x < Number.POSITIVE_INFINITY, "a finite number > 0, or null for no clipping"],
  ];
  const reasons: Reason[] = rules
    .filter(([name, fits]) => {
      const value = options[name];
      return value === null ? name !== "clip" : !fits(value);
    })
    .map(([name, , expected]) => ({ where: name, message: "out of range", expected, got: String(options[name]) }));
  if (reasons.length > 0)
    throw new CambiumError("E_OPTIMIZER", "the optimizer's settings do not make sense", { reasons });
  return options;
}
