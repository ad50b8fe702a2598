// The kernels of Cambium's own ops (native/ops.cc): each takes a composite whole. They read bfloat16 where it lies that way
// and write it where that is what will be read.
import { execute, type OpAttr } from "../engines/tensorflow-ops.js";
import type { Ref, RefType } from "../program/program.js";
import type { TensorInfo, TfDType } from "../tfjs.js";
import type { Binary } from "./kernels.js";
import { same } from "./kernels.js";
import { TensorflowKernels } from "./tensorflow.js";

/** Ops of TensorFlow that may return an input, or a part of it, in its own memory; as they are called here, no others do. */
const passing: ReadonlySet<string> = new Set(["BroadcastTo", "Identity", "Reshape", "ReverseV2", "Slice", "Transpose"]);

export class FusedKernels extends TensorflowKernels {
  protected override passesOn(name: string): boolean {
    return passing.has(name);
  }

  /** Each output has memory of its own, because AdamW overwrites what it updates. */
  override copy(x: Ref): Ref {
    return this.op("DeepCopy", [x], [this.type("T", x)], x, { copy: this.copies++ });
  }

  /** Sums of two tensors of one shape read what was widened as it was before. */
  override binary(name: Binary, a: Ref, b: Ref): Ref {
    const [x, y] = [this.source(a), this.source(b)];
    const gains = x.dtype === "bfloat16" || y.dtype === "bfloat16";
    if (name !== "Add" || !gains || !same(a.shape, b.shape)) return super.binary(name, a, b);
    return this.#either((dtype) =>
      this.op("CambiumAdd", [x, y], [this.type("Ta", x), this.type("Tb", y), this.type("Ty", dtype)], {
        shape: a.shape,
        dtype,
      }),
    );
  }

  /** The sum of the squares of all elements of all of `xs`, a scalar. */
  override squareSum(xs: readonly Ref[]): Ref {
    const scalar = { shape: [], dtype: "float32" } as const;
    const sums = xs.map((one) => {
      const x = this.source(one);
      return this.op("CambiumSquareSum", [x], [this.type("T", x)], scalar);
    });
    if (sums.length === 1) return sums[0] as Ref;
    return this.op("AddN", sums, [this.int("N", sums.length), this.type("T", "float32")], scalar);
  }

  rmsNorm(x: Ref, weight: Ref, eps: number): readonly [y: Ref, inverse: Ref] {
    const rows = { shape: [...x.shape.slice(0, -1), 1], dtype: "float32" } as const;
    const inverse = this.op("CambiumRmsInverse", [x], [this.real("eps", eps)], rows);
    const inputs = [x, weight, inverse];
    const y = this.#either((dtype) =>
      this.op("CambiumRmsNorm", inputs, [this.type("Ty", dtype)], { shape: x.shape, dtype }),
    );
    return [y, inverse];
  }

  rmsNormGrad(x: Ref, weight: Ref, inverse: Ref, grad: Ref): readonly Ref[] {
    const from = this.source(grad);
    return this.ops("CambiumRmsNormGrad", [x, weight, inverse, from], [this.type("Tg", from)], [x, weight]);
  }

  rope(x: Ref, cos: Ref, sin: Ref, heads: number, sign: number): Ref {
    const from = this.source(x);
    return this.#either((dtype) => {
      const types = [this.type("T", from), this.type("Ty", dtype)];
      const attrs = [...types, this.int("heads", heads), this.real("sign", sign)];
      return this.op("CambiumRope", [from, cos, sin], attrs, { shape: x.shape, dtype });
    });
  }

  swiglu(gate: Ref, up: Ref): Ref {
    const [g, u] = this.#alike([gate, up]) as [Ref, Ref];
    return this.#either((dtype) =>
      this.op("CambiumSwiglu", [g, u], [this.type("T", g), this.type("Ty", dtype)], { shape: gate.shape, dtype }),
    );
  }

  swigluGrad(gate: Ref, up: Ref, grad: Ref): readonly Ref[] {
    const [g, u] = this.#alike([gate, up]) as [Ref, Ref];
    const d = this.source(grad);
    const make = (dtype: TfDType) => {
      const type = { shape: gate.shape, dtype };
      const attrs = [this.type("T", g), this.type("Tg", d), this.type("Ty", dtype)];
      return this.ops("CambiumSwigluGrad", [g, u, d], attrs, [type, type]);
    };
    return make("float32").map((y, i) => this.roundsTo(y, () => make("bfloat16")[i] as Ref));
  }

  /** As the product that it ends with, the result is in the operands' dtype. */
  attention(inputs: readonly Ref[], heads: number, kvHeads: number): readonly [out: Ref, logSumExp: Ref] {
    const [q, k, v] = this.#alike(inputs) as [Ref, Ref, Ref];
    const [batch, context] = q.shape as [number, number];
    const sums: RefType = { shape: [batch, heads, context], dtype: "float32" };
    const attrs = [this.type("T", q), this.type("Ty", q), this.int("heads", heads), this.int("kvHeads", kvHeads)];
    const [out, logSumExp] = this.ops("CambiumAttention", [q, k, v], attrs, [q, sums]) as [Ref, Ref];
    return [this.widen(out), logSumExp];
  }

  attentionGrad(inputs: readonly Ref[], heads: number, kvHeads: number): readonly Ref[] {
    const sums = inputs[4] as Ref;
    const [q, k, v, out, grad] = this.#alike(inputs.filter((one) => one !== sums)) as [Ref, Ref, Ref, Ref, Ref];
    const attrs = [this.type("T", q), this.type("Ty", q), this.int("heads", heads), this.int("kvHeads", kvHeads)];
    const grads = this.ops("CambiumAttentionGrad", [q, k, v, out, sums, grad], attrs, [q, k, v]);
    return grads.map((one) => this.widen(one));
  }

  rowLosses(logits: Ref, targets: Ref): { readonly losses: Ref; readonly logSumExp: Ref } {
    const x = this.source(logits);
    const rows: RefType = { shape: targets.shape, dtype: "float32" };
    const results = this.ops("CambiumCrossEntropy", [x, targets], [this.type("T", x)], [rows, rows]);
    const [losses, logSumExp] = results as [Ref, Ref];
    return { losses, logSumExp };
  }

  /** (softmax − one-hot) · scale. */
  crossEntropyGrad(logits: Ref, targets: Ref, logSumExp: Ref, scale: Ref): Ref {
    const x = this.source(logits);
    return this.#either((dtype) =>
      this.op("CambiumCrossEntropyGrad", [x, targets, logSumExp, scale], [this.type("T", x), this.type("Ty", dtype)], {
        shape: logits.shape,
        dtype,
      }),
    );
  }

  /** In place where the run may overwrite parameter and moments. */
  adamw(inputs: readonly Ref[], attrs: AdamwAttrs, guarded: boolean): readonly Ref[] {
    const [param, grad, ...rest] = inputs as [Ref, Ref, ...Ref[]];
    const given = [param, this.source(grad), ...rest];
    const { beta1, beta2, ...plain } = attrs;
    const reals = Object.entries({ rest1: 1 - beta1, rest2: 1 - beta2, ...plain });
    const settled = [
      ...[this.type("Tg", given[1] as Ref), this.int("guarded", guarded ? 1 : 0)],
      ...reals.map(([name, value]) => this.real(name, value)),
    ];
    const [fresh, inPlace] = [0, 1].map((flag) => [...settled, this.int("inPlace", flag)]) as [OpAttr[], OpAttr[]];
    const slots = given.map(({ slot }) => slot);
    const updated = [0, 2, 3].map((i) => slots[i] as number);
    const apart = new Set(slots).size === slots.length;
    const types = updated.map((): RefType => ({ shape: param.shape, dtype: "float32" }));
    const { engine } = this.program;
    return this.program.append("CambiumAdamW", given, { attrs: fresh }, types, (writes) => (values, run) => {
      const tensors = slots.map((slot) => values[slot] as TensorInfo);
      const taken = apart ? updated.map((slot) => run.take(slot)) : [null];
      try {
        const made = execute(engine, "CambiumAdamW", taken.includes(null) ? fresh : inPlace, tensors, writes.length);
        for (const [i, slot] of writes.entries()) values[slot] = made[i];
      } finally {
        for (const tensor of taken) tensor?.dispose();
      }
    });
  }

  /** The operands in bfloat16 if all lie that way, else in float32. */
  #alike(xs: readonly Ref[]): readonly Ref[] {
    const narrow = xs.map((x) => this.source(x));
    return narrow.every(({ dtype }) => dtype === "bfloat16") ? narrow : xs.map((x) => this.widen(x));
  }

  /** A result in float32 that is made in bfloat16 in the first place for those who read it so. */
  #either(make: (dtype: TfDType) => Ref): Ref {
    return this.roundsTo(make("float32"), () => make("bfloat16"));
  }
}

interface AdamwAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly lrMultiplier: number;
}
