// Clipping and AdamW over all parameters at once: a dispatch or two each, whatever the number of tensors.
import { composites, f32, type Node, sameType, type Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../lower/lowering.js";
import { literal, spellable } from "../wgsl/literal.js";
import { chunkCount, type ManyIo } from "../wgsl/many.js";
import { groupTotal } from "./group-reduction.js";

/** Elements of one workgroup, and its invocations: enough chunks to fill a GPU, few enough to cost nothing. */
function sizes({ traits }: LowerContext): { chunk: number; invocations: number } {
  return traits.kind === "gpu"
    ? { chunk: 2048, invocations: Math.min(256, traits.maxInvocations) }
    : { chunk: 8192, invocations: 16 };
}

export const clipByGlobalNorm: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => {
    const [scale, norm] = node.outputs as readonly [Value, Value];
    const { chunk, invocations } = sizes(context);
    const items = node.inputs.map((grad) => ({ values: [grad], parameter: 0 }));
    const chunks = chunkCount(items, chunk);
    const partial = context.temp(f32(chunks));
    const squares = groupTotal(invocations, context.traits);
    context.emitMany({
      label: `squares of ${items.length} gradients`,
      items,
      writes: [false],
      chunk,
      invocations,
      sharedReads: [],
      sharedWrites: [partial],
      enables: squares.enables,
      body: (io) => ({
        declarations: squares.declarations,
        main: [
          "var total = 0f;",
          `for (var i = begin + lane; i < end; i += ${invocations}u) { let x = ${io.item(0, "i")}; total = fma(x, x, total); }`,
          ...squares.statements("total", "all"),
          io.store(partial, "chunkId", "all"),
          "}",
        ].join("\n"),
      }),
    });
    const width = Math.min(64, context.traits.maxInvocations);
    const sum = groupTotal(width, context.traits);
    const most = Math.fround(composites.clipByGlobalNorm.attrsOf(node).maxNorm);
    context.emit({
      label: `norm of ${items.length} gradients`,
      reads: [partial],
      writes: [scale, norm],
      workgroup: [width, 1, 1],
      groups: [1, 1, 1],
      enables: sum.enables,
      body: (io) => ({
        declarations: sum.declarations,
        main: [
          "var total = 0f;",
          `for (var i = lane; i < ${chunks}u; i += ${width}u) { total += ${io.load(partial, "i")}; }`,
          ...sum.statements("total", "all"),
          "let length = sqrt(all);",
          io.store(norm, "0u", "length"),
          // WGSL spells no infinity; nothing is clipped to one.
          io.store(scale, "0u", spellable(most) ? `min(${literal(most, "f32")} / (length + 1e-6f), 1f)` : "1f"),
          "}",
        ].join("\n"),
      }),
    });
  },
};

/** Attributes that the tensors of one kernel have in common. */
const shared = ["beta1", "beta2", "eps", "weightDecay"] as const;

function attrsOf(node: Node) {
  return node.op === composites.adamw.op ? composites.adamw.attrsOf(node) : composites.guardedAdamw.attrsOf(node);
}

/** AdamW; as `guardedAdamw` it leaves everything as it is where the gradients' factor is 0. */
export const adamw: KernelLowering = {
  kind: "kernels",
  closed: true,
  joins: (a, b) =>
    shared.every((name) => attrsOf(a)[name] === attrsOf(b)[name]) &&
    [4, 5, 6].every((i) => a.inputs[i] === b.inputs[i]) &&
    sameType((a.inputs[6] as Value).type, (b.inputs[6] as Value).type),
  lower: (node, context) => adamw.lowerAll?.([node], context),
  lowerAll: (nodes, context) => {
    const [first] = nodes as readonly [Node];
    const { beta1, beta2, eps, weightDecay: decay } = attrsOf(first);
    const [gradScale, lr, step] = first.inputs.slice(4) as [Value, Value, Value];
    const { chunk, invocations } = sizes(context);
    const number = (x: number) => literal(x, "f32");
    const guarded = first.op.name === "guardedAdamw";
    const kept = (next: string, role: number, io: ManyIo) =>
      guarded ? `select(${next}, ${io.item(role, "i")}, clip == 0f)` : next;
    context.emitMany({
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
        main: [
          `let t = f32(${io.load(step, "0u")});`,
          `let rate = ${io.load(lr, "0u")};`,
          `let clip = ${io.load(gradScale, "0u")};`,
          `let size = rate * parameter / correction(t, ${number(Math.log(beta1))});`,
          `let root = sqrt(correction(t, ${number(Math.log(beta2))}));`,
          `let keep = 1f - rate * ${number(decay)};`,
          `for (var i = begin + lane; i < end; i += ${invocations}u) {`,
          `let g = ${io.item(1, "i")} * clip;`,
          `let m = ${io.item(2, "i")} * ${number(beta1)} + g * ${number(1 - beta1)};`,
          `let v = ${io.item(3, "i")} * ${number(beta2)} + g * g * ${number(1 - beta2)};`,
          `let p = ${io.item(0, "i")} * keep - size * (m / (sqrt(v) / root + ${number(eps)}));`,
          io.storeItem(4, "i", kept("p", 0, io)),
          io.storeItem(5, "i", kept("m", 2, io)),
          io.storeItem(6, "i", kept("v", 3, io)),
          "}",
        ].join("\n"),
      }),
    });
  },
};
