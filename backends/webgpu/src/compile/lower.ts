// Lowering: the steps of a fused graph become kernels, each with the values in memory that it reads and writes.
import type { Node, TensorType, Value } from "@cambium/ir";
import { numel } from "@cambium/ir";
import { expressionKernel } from "../kernels/expressions.js";
import type { Choose, LowerContext } from "../lower/lowering.js";
import type { DeviceTraits } from "../lower/traits.js";
import type { Kernel } from "../wgsl/kernel.js";
import type { ManyKernel } from "../wgsl/many.js";
import type { Fusion, Step } from "./fuse.js";

/** A kernel in the order of execution. */
export interface Emitted {
  readonly kernel: Kernel | undefined;
  readonly many: ManyKernel | undefined;
  /** The node it comes from, unless it computes expressions only. */
  readonly node: Node | undefined;
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  /** Where in the model it belongs, for profiles. */
  readonly scope: string | undefined;
  /** Whether storing `written` over `read`'s memory as it goes spoils nothing that this kernel still reads. */
  inPlace(written: Value, read: Value): boolean;
}

export function lower(
  steps: readonly Step[],
  fusion: Fusion,
  { traits, choose }: { readonly traits: DeviceTraits; readonly choose?: Choose | undefined },
): Emitted[] {
  const emitted: Emitted[] = [];
  let next = -1;
  /** Values that reading `value` takes from memory. */
  const inMemory = (value: Value): readonly Value[] => {
    const home = fusion.home(value);
    return fusion.expression(home) ? fusion.leaves(home) : [home];
  };
  const add = (kernel: Kernel, scope: string | undefined, node?: Node) => {
    const pointwiseBody = node === undefined;
    const own = kernel.reads.flatMap(inMemory);
    const ends = kernel.writes.map((value) => fusion.stored(value));
    const fused = ends.filter((end, i) => end !== kernel.writes[i]);
    const reads = new Set([...own, ...fused.flatMap((end) => fusion.leaves(end))]);
    const roots = pointwiseBody ? kernel.writes : fused;
    emitted.push({
      kernel,
      many: undefined,
      node,
      reads: [...reads],
      writes: ends,
      scope,
      inPlace: (_, read) =>
        (pointwiseBody || !own.includes(read)) && roots.every((root) => readsInPlace(root, read, fusion)),
    });
  };
  for (const step of steps) {
    if (step.kind === "expressions") {
      const scope = fusion.scope(step.roots[0] as Value);
      add(expressionKernel(step.roots, step.roots.flatMap(fusion.leaves), traits), scope);
      continue;
    }
    const { nodes, lowering } = step;
    const [first] = nodes as readonly [Node];
    const context: LowerContext = {
      traits,
      choose,
      temp: (type: TensorType) => ({ id: next--, type }),
      emit: (kernel) => add(kernel, first.scope, first),
      emitMany: (many) => {
        const values = (written: boolean) =>
          many.items.flatMap((item) => item.values.filter((_, role) => many.writes[role] === written).map(fusion.home));
        emitted.push({
          kernel: undefined,
          many,
          node: first,
          reads: [...values(false), ...many.sharedReads.map(fusion.home)],
          writes: [...values(true), ...many.sharedWrites],
          scope: first.scope,
          // Items run side by side: only the one that writes may read the old value.
          inPlace: (written, read) =>
            !many.sharedReads.map(fusion.home).includes(read) &&
            many.items.every(({ values: all }) => all.includes(written) || !all.map(fusion.home).includes(read)),
        });
      },
    };
    if (lowering.lowerAll) lowering.lowerAll(nodes, context);
    else for (const node of nodes) lowering.lower(node, context);
  }
  return emitted;
}

/** Whether the expression `root` reads `read` only at the element it computes. */
function readsInPlace(root: Value, read: Value, fusion: Fusion): boolean {
  const look = (value: Value, pointwise: boolean): boolean => {
    const home = fusion.home(value);
    if (home === read) return pointwise && numel(read.type.shape) === numel(root.type.shape);
    const made = fusion.expression(home);
    if (!made) return true;
    const stays = pointwise && (made.lowering.pointwise === true || made.node.op.name === "reshape");
    return made.node.inputs.every((input) => look(input, stays && numel(input.type.shape) === numel(home.type.shape)));
  };
  const made = fusion.maker(root);
  return !made || made.node.inputs.every((input) => look(input, made.lowering.pointwise === true));
}
