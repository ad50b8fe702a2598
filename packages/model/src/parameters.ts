// What a family says of its parameters: names, shapes, and the marks by which growth operators tell them apart.

/** The axes that most decoders have. */
export const usualAxes = ["vocab", "hidden", "heads", "kvHeads", "headDim", "intermediate", "layers"] as const;
export type UsualAxis = (typeof usualAxes)[number];

/** A named axis. A family may have others than the usual ones, such as `experts`. */
export type AxisName = UsualAxis | (string & {});

/** Number of indices of each axis that a family names; every family counts its layers. */
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

/** What parameters are told apart by where training treats some otherwise. */
export const parameterKinds = ["embedding", "norm", "linear", "bias", "head", "other"] as const;
export type ParameterKind = (typeof parameterKinds)[number];

export interface ParameterSpec {
  /** Name in a Hugging Face checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  /** One per dimension of `shape`; empty where the family does not name its axes. */
  readonly axes: readonly ParameterAxis[];
  /** Index of the layer it belongs to; absent outside the layers. */
  readonly layer?: number;
  /** Its name within its layer, e.g. `mlp.up_proj.weight`: the same in every layer that has it. */
  readonly part?: string;
  /** `head` is an output projection of its own, absent when the embedding table serves as one. */
  readonly kind: ParameterKind;
  /** What it makes is added to the residual stream: with all of a layer's at zero, the layer is the identity. */
  readonly writes?: "stream";
  /** What it makes is read by the output projection: the last norm. */
  readonly feeds?: "head";
  /** What all its entries start as: 1 for a norm's weight, 0 for a bias. Absent where they are drawn at random. */
  readonly neutral?: number;
  /** Another name under which files may hold the same tensor again: the head of a model whose table serves as one. */
  readonly alias?: string;
}
