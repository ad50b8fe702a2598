// The program: what a graph compiles to. Kernels with their WGSL and bindings in order, and where every value lies; no GPU yet.
import {
  CambiumError,
  checkGraph,
  formatType,
  type Graph,
  type GraphOutput,
  liveness,
  type Node,
  numel,
  optimize,
  type TensorType,
  type Value,
} from "@cambium/ir";
import { isLowered, loweringOf } from "../lower/index.js";
import type { Choose } from "../lower/lowering.js";
import { bindingUnit, type DeviceTraits } from "../lower/traits.js";
import type { Kernel, Triple } from "../wgsl/kernel.js";
import type { ManyKernel } from "../wgsl/many.js";
import { kernelModule } from "../wgsl/module.js";
import type { Operand } from "../wgsl/operands.js";
import { type Fusion, fuse } from "./fuse.js";
import { deviceBytes, elementBytes, type Layout, type LayoutLimits, layOut, type Placement } from "./layout.js";
import { type Emitted, lower } from "./lower.js";
import { splitConcat } from "./split-concat.js";

/** A stretch of memory that a kernel binds. */
export interface Binding {
  readonly placement: Placement;
  /** Bytes from the placement's start, and length. */
  readonly offset: number;
  readonly bytes: number;
  readonly access: Access;
}

export type Access = "read" | "read_write" | "uniform";

export interface Dispatch {
  readonly kind: "one";
  readonly label: string;
  readonly scope: string | undefined;
  readonly wgsl: string;
  readonly groups: Triple;
  readonly bindings: readonly Binding[];
}

/** A kernel over many tensors: cut into dispatches when it is known which buffers they lie in. */
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
  /** Bytes that the optimised graph's values take at most at once, by the IR's liveness. */
  readonly plannedBytes: number;
  /** Numbers of kernels by their offset in the constants' buffer, and that buffer's bytes. */
  readonly numbers: readonly { readonly offset: number; readonly numbers: readonly number[] }[];
  readonly constantBytes: number;
  /** Some kernel writes to inputs' memory: two inputs in one tensor must be told apart. */
  readonly writesInputs: boolean;
}

export interface ProgramOptions extends LayoutLimits {
  readonly traits: DeviceTraits;
  /** Which variants were measured to be the fastest. */
  readonly choose?: Choose | undefined;
  /** Check the graph between passes. */
  readonly verify?: boolean;
}

/** @throws CambiumError `E_UNSUPPORTED` for an op without lowering, `E_LIMIT` for what the device cannot bind at once */
export function compileProgram(graph: Graph, options: ProgramOptions): Program {
  checkGraph(graph, "before it is compiled");
  const { traits, verify = false } = options;
  const optimized = optimize(splitConcat(graph), { keep: isLowered, verify });
  const { fusion, emitted } = fused(optimized, options);
  const layout = layOut(optimized, emitted, fusion, options);
  const blocks = new NumberBlocks(
    options.alignment,
    layout.constantBytes,
    traits.numbers === "storage" ? "read" : "uniform",
  );
  const dispatches = emitted.map((one): Dispatch | ManyDispatch => {
    const { kernel, many, scope } = one;
    if (many) return { kind: "many", label: many.label, scope, kernel: many, place: layout.place };
    const { label, groups } = kernel as Kernel;
    const operands = operandsOf(one, layout, traits);
    const { wgsl, numbers } = kernelModule(kernel as Kernel, operands, fusion, traits);
    const bindings = operands.flatMap((operand) => bindingsOf(operand, layout));
    if (numbers.length > 0) bindings.push(blocks.bind(numbers));
    const buffers = bindings.filter(({ access }) => access !== "uniform").length;
    if (buffers > traits.maxStorageBuffers) throw crowded(one, operands, buffers, traits);
    return { kind: "one", label, scope, wgsl, groups, bindings };
  });
  return {
    dispatches,
    layout,
    numbers: blocks.all,
    constantBytes: blocks.bytes,
    inputs: optimized.inputs.map(({ name, value }) => ({ name, type: value.type })),
    outputs: optimized.outputs.map(({ name, value, replaces }: GraphOutput) => ({
      name,
      type: value.type,
      placement: layout.place(value),
      replaces,
    })),
    plannedBytes: liveness(optimized).peakBytes,
    writesInputs: emitted.some(({ writes }) => writes.some((value) => layout.place(value).kind === "input")),
  };
}

/** Fuses and lowers; what fuses onto a node whose kernels then bind too many buffers is taken off it again. */
function fused(graph: Graph, options: ProgramOptions): { fusion: Fusion; emitted: readonly Emitted[] } {
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

/** Each place once; everything in a kind of buffer that is written to is declared writable, as WebGPU wants it. */
function operandsOf({ reads, writes }: Emitted, layout: Layout, traits: DeviceTraits): Operand[] {
  const places = new Map<string, Value[]>();
  for (const value of new Set([...writes, ...reads])) {
    const place = JSON.stringify(layout.place(value));
    places.set(place, [...(places.get(place) ?? []), value]);
  }
  const written = new Set(writes.map((value) => layout.place(value).kind));
  return [...places.values()].map((values) => {
    const value = values[0] as Value;
    return { values, writable: written.has(layout.place(value).kind), parts: partsOf(value, traits) };
  });
}

/** Element counts of the stretches in which a value is bound, each as long as the device binds at once. */
function partsOf(value: Value, { maxBindingBytes }: DeviceTraits): number[] {
  const count = numel(value.type.shape);
  const most = Math.floor(maxBindingBytes / bindingUnit) * (bindingUnit / elementBytes(value));
  const whole = Math.floor(count / most);
  const rest = count % most;
  return count <= most ? [count] : [...new Array<number>(whole).fill(most), ...(rest > 0 ? [rest] : [])];
}

/** What cannot be split further: too many tensors beyond the binding size meet in one kernel. */
function crowded({ kernel, scope }: Emitted, operands: readonly Operand[], count: number, traits: DeviceTraits) {
  const { maxStorageBuffers, maxBindingBytes } = traits;
  const large = operands.filter(({ parts }) => parts.length > 1);
  return new CambiumError("E_LIMIT", `the kernel "${kernel?.label}" binds more than the device does`, {
    ...(scope !== undefined && { where: scope }),
    expected: `at most ${maxStorageBuffers} bindings of at most ${maxBindingBytes} bytes`,
    got: `${count} bindings`,
    reasons: large.map(({ values: [value], parts }) => ({
      message: `${formatType((value as Value).type)} takes ${parts.length} bindings`,
      got: `${deviceBytes(value as Value)} bytes`,
    })),
    hint: "a smaller batch or vocabulary, or an adapter with a larger maxStorageBufferBindingSize",
  });
}

/** The kernels' numbers, in the constants' buffer behind the constants; equal ones stand there once. */
class NumberBlocks {
  readonly #alignment: number;
  readonly #access: Access;
  readonly #known = new Map<string, Binding>();
  readonly all: { readonly offset: number; readonly numbers: readonly number[] }[] = [];
  bytes: number;

  constructor(alignment: number, from: number, access: Access) {
    this.#alignment = alignment;
    this.#access = access;
    this.bytes = from;
  }

  bind(numbers: readonly number[]): Binding {
    const key = numbers.join();
    const known = this.#known.get(key);
    if (known) return known;
    const bytes = 16 * Math.ceil(numbers.length / 4);
    const placement: Placement = { kind: "constant", offset: this.bytes };
    const binding: Binding = { placement, offset: 0, bytes, access: this.#access };
    this.all.push({ offset: this.bytes, numbers });
    this.bytes += Math.ceil(bytes / this.#alignment) * this.#alignment;
    this.#known.set(key, binding);
    return binding;
  }
}

function bindingsOf({ values, writable, parts }: Operand, layout: Layout): Binding[] {
  const [value] = values as readonly [Value];
  const placement = layout.place(value);
  let offset = 0;
  return parts.map((count) => {
    const bytes = deviceBytes(value, count);
    const binding: Binding = { placement, offset, bytes, access: writable ? "read_write" : "read" };
    offset += bytes;
    return binding;
  });
}

/** The program as text: every different module once, with the dispatches that run it. */
export function programText({ dispatches, layout }: Program): string {
  const modules = new Map<string, string[]>();
  dispatches.forEach((dispatch, i) => {
    const { label, scope = "" } = dispatch;
    const text =
      dispatch.kind === "one" ? dispatch.wgsl : "// made when it is known in which buffers the tensors lie\n";
    const size =
      dispatch.kind === "one" ? `${dispatch.groups.join("×")} workgroups` : `${dispatch.kernel.items.length} tensors`;
    modules.set(text, [...(modules.get(text) ?? []), `// ${i}: ${label}, ${size} ${scope}`.trimEnd()]);
  });
  const arena = layout.arena.reduce((sum, bytes) => sum + bytes, 0);
  const head = `// ${dispatches.length} dispatches, ${modules.size} modules, an arena of ${arena} bytes`;
  return [head, ...[...modules].map(([text, lines]) => `${lines.join("\n")}\n${text}`)].join("\n\n");
}
