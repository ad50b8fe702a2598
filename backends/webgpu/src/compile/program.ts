// The program: what a graph compiles to. Kernels with their WGSL and bindings in order, and where every value lies; no
// GPU yet.
import {
  after,
  causalAttention,
  causalAttentionGrad,
  checkGraph,
  type Graph,
  liveness,
  type Node,
  optimize,
  rewrite,
  type Tensor,
  type TensorType,
  type Value,
} from "@cambium/ir";
import { isLowered, loweringOf } from "../lower/index.js";
import type { Choose } from "../lower/lowering.js";
import type { DeviceTraits } from "../lower/traits.js";
import type { Triple } from "../wgsl/kernel.js";
import type { ManyKernel } from "../wgsl/many.js";
import { kernelModule } from "../wgsl/module.js";
import { type Binding, bindingsOf, checkBindings, operandsOf, partsOf } from "./binding.js";
import { fuse } from "./fuse.js";
import type { Fusion } from "./fusion.js";
import { type Layout, type LayoutLimits, layOut, type Placement } from "./layout.js";
import { type Emitted, lower } from "./lower.js";
import { type NumberBlock, NumberBlocks } from "./number-blocks.js";
import { splitConcat } from "./split-concat.js";

/** One dispatch of one module. */
export interface Dispatch {
  readonly kind: "one";
  readonly label: string;
  readonly scope: string | undefined;
  readonly wgsl: string;
  readonly groups: Triple;
  readonly bindings: readonly Binding[];
}

/** A kernel over many tensors. It is cut into dispatches when it is known which buffers the tensors lie in. */
export interface ManyDispatch {
  readonly kind: "many";
  readonly label: string;
  readonly scope: string | undefined;
  readonly kernel: ManyKernel;
  place(value: Value): Placement;
}

export interface ProgramOutput {
  readonly name: string;
  readonly type: TensorType;
  readonly placement: Placement;
  readonly replaces: string | undefined;
}

export interface Program {
  readonly dispatches: readonly (Dispatch | ManyDispatch)[];
  readonly layout: Layout;
  readonly inputs: readonly { readonly name: string; readonly type: TensorType }[];
  readonly outputs: readonly ProgramOutput[];
  /** Most bytes that the optimised graph's values take at once, by the IR's liveness. */
  readonly plannedBytes: number;
  /** The numbers of kernels in the constants' buffer, and that buffer's bytes. */
  readonly numbers: readonly NumberBlock[];
  readonly constantBytes: number;
  /** Whether some node is attention, which has flash-style kernels. */
  readonly hasAttention: boolean;
  /** Some kernel writes to the memory of inputs, so two inputs must not be bound to one tensor. */
  readonly writesInputs: boolean;
}

export interface ProgramOptions extends LayoutLimits {
  readonly traits: DeviceTraits;
  /** The variants that were measured to be the fastest. */
  readonly choose?: Choose | undefined;
  /** Check the graph between passes. */
  readonly verify?: boolean;
}

/**
 * @throws CambiumError `E_UNSUPPORTED` for an op without lowering, `E_LIMIT` for what the device cannot bind at once
 */
export function compileProgram(graph: Graph, options: ProgramOptions): Program {
  checkGraph(graph, "before it is compiled");
  const { traits, verify = false } = options;
  const optimized = withoutOrder(optimize(splitConcat(graph), { keep: isLowered, verify }));
  const { fusion, emitted } = fuseWithinLimits(optimized, options);
  const layout = layOut(optimized, emitted, fusion, options);
  const access = traits.numbers === "storage" ? "read" : "uniform";
  const blocks = new NumberBlocks(options.alignment, layout.constantBytes, access);
  const dispatches = emitted.map((one) => dispatchOf(one, { fusion, layout, blocks, traits }));
  return {
    dispatches,
    layout,
    numbers: blocks.all,
    constantBytes: blocks.bytes,
    inputs: optimized.inputs.map(({ name, value }) => ({ name, type: value.type })),
    outputs: optimized.outputs.map(({ name, value, replaces }) => ({
      name,
      type: value.type,
      placement: layout.place(value),
      replaces,
    })),
    plannedBytes: liveness(optimized).peakBytes,
    hasAttention: optimized.nodes.some((node) => causalAttention.is(node) || causalAttentionGrad.is(node)),
    writesInputs: emitted.some(({ writes }) => writes.some((value) => layout.place(value).kind === "input")),
  };
}

/** Kernels run in the graph's order: once equal nodes are merged, `after` has done what it is for. */
function withoutOrder(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => (after.is(node) ? [inputs[0] as Tensor] : null));
}

/** Fuses and lowers. Where a node's kernels then bind too many buffers, nothing is fused onto that node. */
function fuseWithinLimits(graph: Graph, options: ProgramOptions): { fusion: Fusion; emitted: readonly Emitted[] } {
  const { maxStorageBuffers, numbers } = options.traits;
  const maxBuffers = maxStorageBuffers - (numbers === "storage" ? 1 : 0);
  const plain = new Set<Node>();
  for (;;) {
    const fusion = fuse(graph, loweringOf, { maxBuffers, plain });
    const emitted = lower(fusion.steps, fusion, options);
    const beyond = emitted.filter(({ kernel, reads, writes }) => {
      const parts = [...new Set([...reads, ...writes])].map((value) => partsOf(value, options.traits).length);
      return kernel && parts.reduce((sum, count) => sum + count, 0) > maxBuffers;
    });
    const nodes = beyond.flatMap(({ node }) => (node && !plain.has(node) ? [node] : []));
    if (nodes.length === 0) return { fusion, emitted };
    for (const node of nodes) plain.add(node);
  }
}

interface DispatchContext {
  readonly fusion: Fusion;
  readonly layout: Layout;
  readonly blocks: NumberBlocks;
  readonly traits: DeviceTraits;
}

function dispatchOf(emitted: Emitted, { fusion, layout, blocks, traits }: DispatchContext): Dispatch | ManyDispatch {
  const { scope } = emitted;
  if (emitted.many) {
    return { kind: "many", label: emitted.many.label, scope, kernel: emitted.many, place: layout.place };
  }
  const { label, groups } = emitted.kernel;
  const operands = operandsOf(emitted, layout, traits);
  const { wgsl, numbers } = kernelModule(emitted.kernel, operands, fusion, traits);
  const bindings = operands.flatMap((operand) => bindingsOf(operand, layout));
  if (numbers.length > 0) bindings.push(blocks.bind(numbers));
  checkBindings(bindings, operands, emitted, traits);
  return { kind: "one", label, scope, wgsl, groups, bindings };
}
