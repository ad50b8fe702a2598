// How a family describes its parameters: names, shapes, and the marks by which growth operators tell them apart.

/** The axes that most decoders have. */
export const usualAxes = ["vocab", "hidden", "heads", "kvHeads", "headDim", "intermediate", "layers"] as const;
export type UsualAxis = (typeof usualAxes)[number];

/** A named axis. A family may have axes other than the usual ones, such as `experts`. */
export type AxisName = UsualAxis | (string & {});

/** The number of indices of each axis that a family names. Every family has `layers`. */
export type Sizes = { readonly [K in UsualAxis]?: number } & {
  readonly layers: number;
  readonly [axis: string]: number | undefined;
};

/** One dimension of a parameter. */
export interface ParameterAxis {
  readonly axis: AxisName;
  /** Rows (or columns) of the tensor per index of the axis: `headDim` for `heads` and `kvHeads`, else 1. */
  readonly unit: number;
  /**
   * `out`: the tensor produces features on this axis, `in`: it consumes them. The embedding table consumes `vocab` and
   * produces `hidden`. A norm's weight acts in place and has no role.
   */
  readonly role?: "out" | "in";
}

/** Kinds of parameters that training may treat differently. */
export const parameterKinds = ["embedding", "norm", "linear", "bias", "head", "other"] as const;
export type ParameterKind = (typeof parameterKinds)[number];

export interface ParameterSpec {
  /** Name in a Hugging Face checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  /** One per dimension of `shape`; empty if the family does not name its axes. */
  readonly axes: readonly ParameterAxis[];
  /** Index of the layer it belongs to; absent outside the layers. */
  readonly layer?: number;
  /** Its name within its layer, e.g. `mlp.up_proj.weight`: the same in every layer that has it. */
  readonly part?: string;
  /**
   * The module that it belongs to, e.g. `self_attn.q_proj`, the same in every layer: a weight and the bias that is added
   * to its product name the same one. Absent if it stands alone.
   */
  readonly module?: string;
  /** `head` is a separate output projection. A model whose embedding table is the output projection has none. */
  readonly kind: ParameterKind;
  /**
   * Its output is added to the residual stream. If all such parameters of a layer are zero, the layer is the identity.
   */
  readonly writes?: "stream";
  /** Its output goes through this function before it multiplies another's: the gate of a gated MLP. */
  readonly activation?: "silu";
  /** Its output is read by the output projection: the last norm. */
  readonly feeds?: "head";
  /** The initial value of all entries: 1 for a norm's weight, 0 for a bias. Absent if they are drawn at random. */
  readonly neutral?: number;
  /** Another name under which files may hold the same tensor again: the head of a model with a tied table. */
  readonly alias?: string;
}
