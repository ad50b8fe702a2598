// The output projection and cross entropy in one, over chunks of the vocabulary: no tensor of all logits exists.
import { f32, type Node, type Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../lower/lowering.js";
import type { KernelIo } from "../wgsl/kernel.js";
import { meanKernel, rowsKernel } from "./cross-entropy-rows.js";
import { emitProduct } from "./matmul/index.js";
import type { Product, Side } from "./matmul/product.js";
import { into, type Target } from "./matmul/target.js";

/** Most bytes of one chunk's logits, unless 64 columns take more. */
const defaultChunkBytes = 1 << 24;

export const linearCrossEntropy: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => lowerLoss(node, context),
};

export const linearCrossEntropyGrad: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => lowerGradient(node, context),
};

export function lowerLoss(node: Node, context: LowerContext, chunkBytes = defaultChunkBytes): void {
  const [hidden, weight, targets] = node.inputs as readonly [Value, Value, Value];
  const [loss, logSumExp] = node.outputs as readonly [Value, Value];
  const rows = hidden.type.shape[0] as number;
  const chunks = chunksOf(hidden, weight, chunkBytes);
  const losses = context.temp(f32(rows));
  let before: Value | undefined;
  for (const chunk of chunks) {
    const logits = context.temp(f32(rows, chunk.count));
    emitProduct(logitsProduct(hidden, weight, chunk), into(logits), context);
    const last = chunk === chunks.at(-1);
    const after = last ? undefined : context.temp(f32(3, rows));
    context.emit(rowsKernel({ logits, targets, first: chunk.first, before, after, losses, logSumExp }, context.traits));
    before = after;
  }
  context.emit(meanKernel(losses, loss, context.traits));
}

export function lowerGradient(node: Node, context: LowerContext, chunkBytes = defaultChunkBytes): void {
  const [hidden, weight, targets, logSumExp, grad] = node.inputs as readonly [Value, Value, Value, Value, Value];
  const [hiddenGrad, weightGrad] = node.outputs as readonly [Value, Value];
  const [rows, width] = hidden.type.shape as readonly [number, number];
  const chunks = chunksOf(hidden, weight, chunkBytes);
  let sum: Value | undefined;
  for (const chunk of chunks) {
    const { first, count } = chunk;
    const logitsGrad = context.temp(f32(rows, count));
    const target = asGradient(into(logitsGrad), { targets, logSumExp, grad, rows, first });
    emitProduct(logitsProduct(hidden, weight, chunk), target, context);
    const next = chunk === chunks.at(-1) ? hiddenGrad : context.temp(f32(rows, width));
    const toHidden: Product = {
      batch: [],
      m: rows,
      n: width,
      k: count,
      a: { value: logitsGrad, size: rows, alongK: true, pitch: count, offset: 0, steps: [] },
      b: { value: weight, size: width, alongK: false, pitch: width, offset: first * width, steps: [] },
    };
    emitProduct(toHidden, sum ? addedTo(sum, into(next)) : into(next), context);
    sum = next;
    const toWeight: Product = {
      batch: [],
      m: count,
      n: width,
      k: rows,
      a: { value: logitsGrad, size: count, alongK: false, pitch: count, offset: 0, steps: [] },
      b: { value: hidden, size: width, alongK: false, pitch: width, offset: 0, steps: [] },
    };
    emitProduct(toWeight, into(weightGrad, first * width), context);
  }
}

/** Columns of the logits that exist at once. */
interface Chunk {
  readonly first: number;
  readonly count: number;
}

function chunksOf(hidden: Value, weight: Value, chunkBytes: number): Chunk[] {
  const [rows, vocab] = [hidden.type.shape[0] as number, weight.type.shape[0] as number];
  const most = Math.max(64, Math.floor(chunkBytes / 4 / rows / 64) * 64);
  const equal = Math.ceil(vocab / Math.ceil(vocab / most) / 64) * 64;
  const chunks = [];
  for (let first = 0; first < vocab; first += equal) chunks.push({ first, count: Math.min(equal, vocab - first) });
  return chunks;
}

function logitsProduct(hidden: Value, weight: Value, { first, count }: Chunk): Product {
  const [rows, width] = hidden.type.shape as readonly [number, number];
  const side = (value: Value, size: number, offset: number): Side => {
    return { value, size, alongK: true, pitch: width, offset, steps: [] };
  };
  return { batch: [], m: rows, n: count, k: width, a: side(hidden, rows, 0), b: side(weight, count, first * width) };
}

interface GradientOf {
  readonly targets: Value;
  readonly logSumExp: Value;
  readonly grad: Value;
  readonly rows: number;
  /** The first column of the logits in the vocabulary. */
  readonly first: number;
}

/** Stores the loss's gradient by each logit in place of the logit: (softmax − one-hot) · grad / rows. */
function asGradient(target: Target, { targets, logSumExp, grad, rows, first }: GradientOf): Target {
  const scale = (io: KernelIo) => `${io.load(grad, "0u")} * ${1 / rows}f`;
  return {
    reads: [targets, logSumExp, grad, ...target.reads],
    writes: target.writes,
    store: (io, place, logit) => {
      const probability = `exp(${logit} - ${io.load(logSumExp, place.row)})`;
      const hit = `i32(${place.column} + ${first}u) == ${io.load(targets, place.row)}`;
      return target.store(io, place, `(${probability} - select(0f, 1f, ${hit})) * (${scale(io)})`);
    },
    store4: (io, place, logits) => {
      const probabilities = `exp(${logits} - ${io.load(logSumExp, place.row)})`;
      const columns = `vec4<i32>(i32(${place.column} + ${first}u)) + vec4<i32>(0, 1, 2, 3)`;
      const hits = `${columns} == vec4<i32>(${io.load(targets, place.row)})`;
      return target.store4(
        io,
        place,
        `(${probabilities} - select(vec4<f32>(), vec4<f32>(1f), ${hits})) * (${scale(io)})`,
      );
    },
  };
}

/** Stores results plus the elements of `sum` at their places. */
function addedTo(sum: Value, target: Target): Target {
  return {
    reads: [sum, ...target.reads],
    writes: target.writes,
    store: (io, place, expr) => target.store(io, place, `${expr} + ${io.load(sum, place.flat)}`),
    store4: (io, place, expr) => target.store4(io, place, `${expr} + ${io.load4(sum, place.flat)}`),
  };
}
