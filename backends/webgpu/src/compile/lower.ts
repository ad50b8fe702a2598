// Lowering: the steps of a fused graph become kernels, each with the values in memory that it reads and writes.
import { type Node, numel, reshape, type Value } from "@cambium/ir";
import { expressionKernel } from "../kernels/expressions.js";
import type { Choose, LowerContext } from "../lower/lowering.js";
import type { DeviceTraits } from "../lower/traits.js";
import type { Kernel } from "../wgsl/kernel.js";
import type { ManyKernel } from "../wgsl/many.js";
import type { Fusion, FusionStep } from "./fusion.js";

/** A kernel in the order of execution: one, or one over many tensors. */
export type Emitted = EmittedCommon &
  ({ readonly kernel: Kernel; readonly many?: undefined } | { readonly kernel?: undefined; readonly many: ManyKernel });

interface EmittedCommon {
  /** The node it comes from, unless it computes expressions only. */
  readonly node: Node | undefined;
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  /** Where in the model it belongs, for profiles. */
  readonly scope: string | undefined;
  /**
   * Whether the kernel may store `written` over the memory of `read` while it runs, because it reads no old element
   * after overwriting it.
   */
  inPlace(written: Value, read: Value): boolean;
}

export interface LowerOptions {
  readonly traits: DeviceTraits;
  readonly choose?: Choose | undefined;
}

export function lower(steps: readonly FusionStep[], fusion: Fusion, options: LowerOptions): Emitted[] {
  let next = -1;
  const temp: LowerContext["temp"] = (type) => ({ id: next--, type });
  return steps.flatMap((step): Emitted[] => {
    if (step.kind === "expressions") {
      const kernel = expressionKernel(step.roots, step.roots.flatMap(fusion.leaves), options.traits);
      return [emittedOf(kernel, undefined, fusion.scope(step.roots[0] as Value), fusion)];
    }
    const emitted: Emitted[] = [];
    const { nodes, lowering } = step;
    const [first] = nodes as readonly [Node];
    const context: LowerContext = {
      traits: options.traits,
      choose: options.choose,
      temp,
      emit: (kernel) => emitted.push(emittedOf(kernel, first, first.scope, fusion)),
      emitMany: (many) => emitted.push(emittedManyOf(many, first, fusion)),
    };
    if (lowering.lowerAll) lowering.lowerAll(nodes, context);
    else for (const node of nodes) lowering.lower(node, context);
    return emitted;
  });
}

function emittedOf(kernel: Kernel, node: Node | undefined, scope: string | undefined, fusion: Fusion): Emitted {
  /** The values that reading `value` takes from memory. */
  const inMemory = (value: Value): readonly Value[] => {
    const home = fusion.home(value);
    return fusion.expression(home) ? fusion.leaves(home) : [home];
  };
  const isExpressions = node === undefined;
  const own = kernel.reads.flatMap(inMemory);
  const ends = kernel.writes.map((value) => fusion.stored(value));
  const fused = ends.filter((end, i) => end !== kernel.writes[i]);
  const roots = isExpressions ? kernel.writes : fused;
  return {
    kernel,
    node,
    reads: [...new Set([...own, ...fused.flatMap((end) => fusion.leaves(end))])],
    writes: ends,
    scope,
    inPlace: (_, read) =>
      (isExpressions || !own.includes(read)) && roots.every((root) => readsInPlace(root, read, fusion)),
  };
}

function emittedManyOf(many: ManyKernel, node: Node, fusion: Fusion): Emitted {
  const shared = many.sharedReads.map(fusion.home);
  const values = (written: boolean) =>
    many.items.flatMap((item) => item.values.filter((_, role) => many.writes[role] === written).map(fusion.home));
  return {
    many,
    node,
    reads: [...values(false), ...shared],
    writes: [...values(true), ...many.sharedWrites],
    scope: node.scope,
    // Items run side by side: only the item that writes may read the old value.
    inPlace: (written, read) =>
      !shared.includes(read) &&
      many.items.every(({ values: all }) => all.includes(written) || !all.map(fusion.home).includes(read)),
  };
}

/** Whether the expression `root` reads `read` only at the element that it computes. */
function readsInPlace(root: Value, read: Value, fusion: Fusion): boolean {
  const look = (value: Value, pointwise: boolean): boolean => {
    const home = fusion.home(value);
    if (home === read) return pointwise && numel(read.type.shape) === numel(root.type.shape);
    const made = fusion.expression(home);
    if (!made) return true;
    const stays = pointwise && (made.lowering.pointwise === true || reshape.is(made.node));
    return made.node.inputs.every((input) => look(input, stays && numel(input.type.shape) === numel(home.type.shape)));
  };
  const made = fusion.maker(root);
  return !made || made.node.inputs.every((input) => look(input, made.lowering.pointwise === true));
}
