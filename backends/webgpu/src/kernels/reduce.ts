// Reductions over axes, in one or two deterministic stages: partial results of stretches of the reduced elements, then theirs.
import { normalizeAxis, numel, primitives, strides, type Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../lower/lowering.js";
import type { DeviceTraits } from "../lower/traits.js";
import type { Code } from "../wgsl/code.js";
import { Index } from "../wgsl/index-map.js";
import { type Kernel, spread } from "../wgsl/kernel.js";

interface Fold {
  readonly name: string;
  start(dtype: "f32" | "i32"): string;
  join(a: string, b: string): string;
}

const sum: Fold = { name: "sum", start: (dtype) => `${dtype}(0)`, join: (a, b) => `${a} + ${b}` };
const max: Fold = {
  name: "max",
  start: (dtype) => (dtype === "f32" ? "-3.4028234663852886e38f" : "i32(-2147483648)"),
  join: (a, b) => `max(${a}, ${b})`,
};

export const reduceSum = reduction(sum, primitives.reduceSum);
export const reduceMax = reduction(max, primitives.reduceMax);

/** Elements that one invocation folds before another stage pays. */
const stretch = 512;

function reduction(fold: Fold, op: typeof primitives.reduceSum): KernelLowering {
  return {
    kind: "kernels",
    expressions: true,
    lower: (node, context) => {
      const [x] = node.inputs as readonly [Value];
      const [y] = node.outputs as readonly [Value];
      const axes = op.attrsOf(node).axes.map((axis) => normalizeAxis(axis, x.type.shape.length));
      const length = axes.reduce((product, axis) => product * (x.type.shape[axis] as number), 1);
      const read = (code: Code, output: string, element: string): string =>
        code.eval(x, inputIndex(x.type.shape, axes, output, element, code));
      const along = axes.includes(x.type.shape.length - 1);
      stages({ fold, x, y, length, along, read }, context);
    },
  };
}

interface Job {
  readonly fold: Fold;
  readonly x: Value;
  readonly y: Value;
  /** Elements folded into each output. */
  readonly length: number;
  /** The last axis is among the reduced. */
  readonly along: boolean;
  /** The input element that is `element` of `output`. */
  read(code: Code, output: string, element: string): string;
}

function stages(job: Job, context: LowerContext): void {
  const { fold, x, y, length } = job;
  const outputs = numel(y.type.shape);
  const label = `${fold.name} ${outputs}×${length}`;
  // A wide device wants many invocations at work; a narrow one only short chains of additions.
  const wanted = context.traits.kind === "gpu" ? 65_536 : 64;
  const most = Math.ceil(length / 32);
  const splits = length <= 32 ? 1 : Math.min(most, Math.max(Math.ceil(wanted / outputs), Math.ceil(length / stretch)));
  if (splits <= 1) {
    context.emit(foldKernel({ label, reads: [x], write: y, outputs, length, fold, read: job.read }, context.traits));
    return;
  }
  const part = Math.ceil(length / splits);
  const dtype = y.type.dtype as "f32" | "i32";
  const partial = context.temp({ dtype, shape: [outputs * splits] });
  // Neighbouring invocations read neighbouring elements: along the reduced axis where it is the last, else across outputs.
  const along = job.along
    ? {
        output: (slot: string) => `${slot} / ${splits}u`,
        element: (slot: string, r: string) => `${r} * ${splits}u + ${slot} % ${splits}u`,
      }
    : {
        output: (slot: string) => `${slot} % ${outputs}u`,
        element: (slot: string, r: string) => `(${slot} / ${outputs}u) * ${part}u + ${r}`,
      };
  context.emit(
    foldKernel(
      {
        label: `${label} in ${splits}`,
        reads: [x],
        write: partial,
        outputs: outputs * splits,
        length: part,
        fold,
        read: (code, slot, r) => job.read(code, code.define(along.output(slot)), code.define(along.element(slot, r))),
        inside: (slot, r) => `${along.element(slot, r)} < ${length}u`,
      },
      context.traits,
    ),
  );
  const place = (output: string, r: string) =>
    job.along ? `${output} * ${splits}u + ${r}` : `${r} * ${outputs}u + ${output}`;
  const read: FoldJob["read"] = (code, output, r) =>
    code.eval(partial, Index.flat(partial.type.shape, code.define(place(output, r))));
  context.emit(
    foldKernel(
      { label: `${label} joined`, reads: [partial], write: y, outputs, length: splits, fold, read },
      context.traits,
    ),
  );
}

interface FoldJob {
  readonly label: string;
  readonly reads: readonly Value[];
  readonly write: Value;
  readonly outputs: number;
  readonly length: number;
  readonly fold: Fold;
  read(code: Code, output: string, element: string): string;
  /** Whether an element exists; absent: all do. */
  inside?(output: string, element: string): string;
}

function foldKernel(job: FoldJob, traits: DeviceTraits): Kernel {
  const { label, reads, write, outputs, length, fold } = job;
  const dtype = write.type.dtype as "f32" | "i32";
  const invocations = Math.min(outputs, traits.kind === "gpu" ? 256 : 32, traits.maxInvocations);
  const { groups, linear } = spread(Math.ceil(outputs / invocations));
  return {
    label,
    reads,
    writes: [write],
    workgroup: [invocations, 1, 1],
    groups,
    body: (io) => {
      const code = io.code();
      const inner = code.block();
      inner.line(`total = ${fold.join("total", job.read(inner, "o", "r"))};`);
      const guard = job.inside ? `if (!(${job.inside("o", "r")})) { break; }\n` : "";
      const main = [
        `let o = ${linear} * ${invocations}u + lane;`,
        `if (o >= ${outputs}u) { return; }`,
        `var total: ${dtype} = ${fold.start(dtype)};`,
        `for (var r = 0u; r < ${length}u; r++) {\n${guard}${inner}\n}`,
        io.store(write, "o", "total"),
      ];
      return { main: main.join("\n") };
    },
  };
}

/** Where in the input the element `element` of output `output` stands. */
function inputIndex(
  shape: readonly number[],
  axes: readonly number[],
  output: string,
  element: string,
  code: Code,
): Index {
  const reduced = shape.map((_, axis) => axes.includes(axis));
  const pick = (wanted: boolean, flat: string): string[] => {
    const kept = shape.map((size, axis) => (reduced[axis] === wanted ? size : 1));
    return [...Index.flat(kept, flat).coords(code)];
  };
  // Reduced axes at one end of the shape: the flat index needs no division.
  const first = reduced.indexOf(true);
  const last = reduced.lastIndexOf(true);
  const size = numel(shape.filter((_, axis) => reduced[axis]));
  const together = first >= 0 && last - first + 1 === axes.length;
  if (together && last === shape.length - 1) return Index.flat(shape, code.define(`${output} * ${size}u + ${element}`));
  if (together && first === 0) {
    const step = strides(shape)[last] as number;
    return Index.flat(shape, code.define(`${element} * ${step}u + ${output}`));
  }
  const [outer, inner] = [pick(false, output), pick(true, element)];
  return Index.at(
    shape,
    shape.map((_, axis) => (reduced[axis] ? inner[axis] : outer[axis]) as string),
  );
}
