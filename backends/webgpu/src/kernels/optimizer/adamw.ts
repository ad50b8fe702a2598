// AdamW over all parameters at once: a dispatch or two, whatever the number of tensors.
import { guardedAdamw, type Node, adamw as op, sameType, type Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../../lower/lowering.js";
import { literal } from "../../wgsl/literal.js";
import type { ManyIo } from "../../wgsl/many.js";
import { chunkSizes } from "./sizes.js";

/** AdamW; as `guardedAdamw` it changes nothing if the gradients' factor is 0. */
export const adamw: KernelLowering = {
  kind: "kernels",
  closed: true,
  joins: (a, b) =>
    (["beta1", "beta2", "eps", "weightDecay"] as const).every((name) => attrsOf(a)[name] === attrsOf(b)[name]) &&
    [4, 5, 6].every((i) => a.inputs[i] === b.inputs[i]) &&
    sameType((a.inputs[6] as Value).type, (b.inputs[6] as Value).type),
  lower: (node, context) => lowerAll([node], context),
  lowerAll,
};

function lowerAll(nodes: readonly Node[], { traits, emitMany }: LowerContext): void {
  const [first] = nodes as readonly [Node];
  const [gradScale, lr, step] = first.inputs.slice(4) as [Value, Value, Value];
  const { chunk, invocations } = chunkSizes(traits);
  emitMany({
    label: `adamw of ${nodes.length} tensors`,
    items: nodes.map((node) => ({
      values: [...node.inputs.slice(0, 4), ...node.outputs],
      parameter: attrsOf(node).lrMultiplier,
    })),
    writes: [false, false, false, false, true, true, true],
    chunk,
    invocations,
    sharedReads: [gradScale, lr, step],
    sharedWrites: [],
    body: (io) => ({
      // 1 − β^t without the cancellation that β^t near 1 brings: tanh(−x/2) · (e^x + 1) with x = t · ln β.
      declarations:
        "fn correction(t: f32, ln_beta: f32) -> f32 { let x = t * ln_beta; return tanhf(-0.5f * x) * (exp(x) + 1f); }",
      uses: ["tanhf"],
      main: update(first, io, invocations).join("\n"),
    }),
  });
}

/** Roles of an item: 0 parameter, 1 gradient, 2 m, 3 v, and 4, 5, 6 the next parameter, m and v. */
function update(first: Node, io: ManyIo, invocations: number): string[] {
  const { beta1, beta2, eps, weightDecay } = attrsOf(first);
  const [gradScale, lr, step] = first.inputs.slice(4) as [Value, Value, Value];
  const number = (x: number) => literal(x, "f32");
  const guarded = guardedAdamw.is(first);
  const kept = (next: string, role: number) => (guarded ? `select(${next}, ${io.item(role, "i")}, clip == 0f)` : next);
  return [
    `let t = f32(${io.load(step, "0u")});`,
    `let rate = ${io.load(lr, "0u")};`,
    `let clip = ${io.load(gradScale, "0u")};`,
    `let size = rate * parameter / correction(t, ${number(Math.log(beta1))});`,
    `let root = sqrt(correction(t, ${number(Math.log(beta2))}));`,
    `let keep = 1f - rate * ${number(weightDecay)};`,
    `for (var i = begin + lane; i < end; i += ${invocations}u) {`,
    `let g = ${io.item(1, "i")} * clip;`,
    `let m = ${io.item(2, "i")} * ${number(beta1)} + g * ${number(1 - beta1)};`,
    `let v = ${io.item(3, "i")} * ${number(beta2)} + g * g * ${number(1 - beta2)};`,
    `let p = ${io.item(0, "i")} * keep - size * (m / (sqrt(v) / root + ${number(eps)}));`,
    io.storeItem(4, "i", kept("p", 0)),
    io.storeItem(5, "i", kept("m", 2)),
    io.storeItem(6, "i", kept("v", 3)),
    "}",
  ];
}

function attrsOf(node: Node) {
  return (guardedAdamw.is(node) ? guardedAdamw : op).attrsOf(node);
}
