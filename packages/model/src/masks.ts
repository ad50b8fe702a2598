// Masks shut parts of a model and open while it trains, so that new parts are added gradually (Yao et al. 2024, "Masked
// Structural Growth"; Du et al. 2024, appendix A.5). Once all are open, the model is the plain one.
import type { AxisName } from "./parameters.js";

/** How a mask's value depends on the training tokens since growth. */
export type MaskSchedule =
  /** Rises from 0 at `start` tokens to 1 at `start + tokens`. */
  | { readonly kind: "linear"; readonly start: number; readonly tokens: number }
  | { readonly kind: "const"; readonly value: number };

/** A factor c between 0 (shut) and 1 (open) on one part of a model. */
export interface Mask {
  /**
   * Parameters that are multiplied by c at the masked indices of `axis`, whichever of their dimensions that is.
   * `down_proj` along `intermediate` masks neurons; `o_proj` along `heads` masks the outputs of heads, along `hidden`
   * the channels that it writes to. The mean square of a masked norm is taken over the open channels: y = (x·c) /
   * sqrt(Σ(x·c)² / Σc + eps) · weight · c. Empty for the axis `layers`.
   */
  readonly tensors: readonly string[];
  /** `layers` masks whole layers: c · layer(x) + (1 − c) · x. */
  readonly axis: AxisName;
  /** Masked indices of `axis`, from the first (inclusive) to the second (exclusive). */
  readonly range: readonly [number, number];
  readonly schedule: MaskSchedule;
}

/** c after `tokens` training tokens since growth. It never falls, and is exactly 0 and 1 at the ends of a schedule. */
export function maskValue({ schedule }: Pick<Mask, "schedule">, tokens: number): number {
  if (schedule.kind === "const") return schedule.value;
  return Math.min(1, Math.max(0, (tokens - schedule.start) / schedule.tokens));
}

/** Tokens after which the mask is fully open; Infinity for one that never is. */
export function opensAfter({ schedule }: Pick<Mask, "schedule">): number {
  if (schedule.kind === "linear") return schedule.start + schedule.tokens;
  return schedule.value === 1 ? 0 : Number.POSITIVE_INFINITY;
}
