// A symbolic tensor: an SSA value together with the builder that can use it.

import type { GraphBuilder } from "./builder.js";
import type { DType, TensorType } from "./dtype.js";
import type { Value } from "./graph.js";

/** What ops take and return while a graph is being built. It holds no numbers. */
export class Tensor {
  constructor(
    readonly builder: GraphBuilder,
    readonly value: Value,
  ) {}

  get type(): TensorType {
    return this.value.type;
  }

  get shape(): readonly number[] {
    return this.value.type.shape;
  }

  get dtype(): DType {
    return this.value.type.dtype;
  }
}

/** An op's operand: a tensor, or a number standing for a scalar constant of the other operands' dtype. */
export type Operand = Tensor | number;
