// A kernel's WGSL module: bindings, functions and entry point around the body that the kernel writes.
import { type DType, numel, type Value } from "@cambium/ir";
import type { Fusion } from "../compile/fuse.js";
import type { Kernel, KernelBody, KernelIo } from "../compile/kernel.js";
import { Code, toMemory, type ValueSource } from "./code.js";
import { type FunctionName, functionSources } from "./functions.js";
import { Index } from "./index-map.js";

/** A value in memory as a kernel binds it. */
export interface Operand {
  /** What lies there: several where a result takes over the memory of what it is made from. */
  readonly values: readonly Value[];
  /** Declared read_write: it, or another value in the same buffer, is written. */
  readonly writable: boolean;
  /** Element counts of the parts it is bound in; one part but for values beyond the device's binding size. */
  readonly parts: readonly number[];
}

interface Use {
  load1: boolean;
  load4: boolean;
  store1: boolean;
  store4: boolean;
}

export const storageTypes: Readonly<Partial<Record<DType, string>>> = { f32: "f32", i32: "i32", bool: "u32" };

export interface KernelModule {
  readonly wgsl: string;
  /** Contents of the uniform buffer that is bound after the operands; none when empty. */
  readonly numbers: readonly number[];
}

/** The module of `kernel` with its `operands` as bindings 0, 1, … of group 0. */
export function kernelModule(kernel: Kernel, operands: readonly Operand[], fusion: Fusion): KernelModule {
  // The first pass only shows how operands are used: read and written as scalars, or by four.
  const seen = write(kernel, operands, fusion, undefined);
  const { body, functions, numbers } = write(kernel, operands, fusion, seen.uses);
  const bound = operands.reduce((sum, { parts }) => sum + parts.length, 0);
  const fours = Math.ceil(numbers.length / 4);
  const wgsl = assemble({
    enables: kernel.enables ?? [],
    bindings: [
      declareBindings(operands, seen.uses),
      ...(fours > 0 ? [`@group(0) @binding(${bound}) var<uniform> numbers: array<vec4<u32>, ${fours}>;`] : []),
    ].join("\n"),
    functions: functionSources(functions),
    workgroup: kernel.workgroup,
    body: {
      ...body,
      main: [...numbers.map((_, i) => `let n${i} = numbers[${i >> 2}][${i & 3}];`), body.main].join("\n"),
    },
  });
  return { wgsl, numbers };
}

export function assemble(parts: {
  readonly enables: readonly string[];
  readonly bindings: string;
  readonly functions: string;
  readonly workgroup: readonly number[];
  readonly body: KernelBody;
}): string {
  return [
    ...parts.enables.map((name) => `enable ${name};`),
    parts.bindings,
    parts.functions,
    parts.body.declarations ?? "",
    `@compute @workgroup_size(${parts.workgroup.join(", ")})`,
    "fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(local_invocation_id) lid: vec3<u32>,",
    "    @builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {",
    parts.body.main,
    "}",
    "",
  ]
    .filter((text, i, all) => text !== "" || i === all.length - 1)
    .join("\n");
}

function write(kernel: Kernel, operands: readonly Operand[], fusion: Fusion, known: readonly Use[] | undefined) {
  const uses = operands.map((): Use => ({ load1: false, load4: false, store1: false, store4: false }));
  const functions = new Set<FunctionName>();
  const numbers: number[] = [];
  const position = (value: Value): number => {
    const home = fusion.home(value);
    const at = operands.findIndex(({ values }) => values.includes(home));
    if (at < 0) throw new Error(`${kernel.label} touches a value that it does not list`);
    return at;
  };
  const byFour = (at: number) => isByFour((known ?? uses)[at] as Use, operands[at] as Operand);
  const access = (value: Value, how: keyof Use): number => {
    const at = position(value);
    (uses[at] as Use)[how] = true;
    return at;
  };
  const load = (value: Value, flat: string): string => {
    const at = access(value, "load1");
    if ((operands[at] as Operand).parts.length > 1) return `at${at}(${flat})`;
    return byFour(at) ? `b${at}[(${flat}) >> 2u][(${flat}) & 3u]` : `b${at}[${flat}]`;
  };
  const source: ValueSource = { expression: fusion.expression, maker: fusion.maker, load };
  const put = (at: number, flat: string, expr: string): string =>
    (operands[at] as Operand).parts.length > 1 ? `put${at}(${flat}, ${expr});` : `b${at}[${flat}] = ${expr};`;
  const store = (value: Value, flat: string, expr: string): string => {
    const end = fusion.stored(value);
    const at = access(end, "store1");
    if (end === value) return put(at, flat, expr);
    const code = new Code(source, functions);
    const place = code.define(flat);
    code.bind(value, Index.flat(value.type.shape, place), code.define(expr));
    const result = code.compute(end, Index.flat(end.type.shape, place));
    code.line(put(at, place, toMemory(end.type.dtype, result)));
    return `{\n${code}\n}`;
  };
  const io: KernelIo = {
    load,
    load4: (value, flat4) => {
      const at = access(value, "load4");
      if (byFour(at)) return `b${at}[${flat4}]`;
      const elements = [0, 1, 2, 3].map((i) => load(value, `4u * (${flat4}) + ${i}u`));
      return `vec4<f32>(${elements.join(", ")})`;
    },
    store,
    store4: (value, flat4, expr) => {
      const end = fusion.stored(value);
      if (end === value) {
        const at = access(value, "store4");
        if (!known || byFour(at)) return `b${at}[${flat4}] = ${expr};`;
      }
      const each = [0, 1, 2, 3].map((i) => store(value, `four_at + ${i}u`, `four[${i}]`));
      return `{\nlet four = ${expr};\nlet four_at = 4u * (${flat4});\n${each.join("\n")}\n}`;
    },
    number: (value) => `n${numbers.push(value) - 1}`,
    code: () => new Code(source, functions),
  };
  const body = kernel.body(io);
  for (const name of body.uses ?? []) functions.add(name);
  return { body, uses, functions, numbers };
}

function isByFour({ load4, store1, store4 }: Use, { values, parts }: Operand): boolean {
  const [{ type }] = values as readonly [Value];
  return (load4 || store4) && !store1 && parts.length === 1 && type.dtype === "f32" && numel(type.shape) % 4 === 0;
}

function declareBindings(operands: readonly Operand[], uses: readonly Use[]): string {
  let binding = 0;
  return operands
    .map((operand, at) => {
      const { values, writable, parts } = operand;
      const scalar = storageTypes[(values[0] as Value).type.dtype];
      const type = isByFour(uses[at] as Use, operand) ? "vec4<f32>" : scalar;
      const access = writable ? "read_write" : "read";
      const names = parts.map((_, part) => (parts.length === 1 ? `b${at}` : `b${at}_${part}`));
      const declared = names.map(
        (name) => `@group(0) @binding(${binding++}) var<storage, ${access}> ${name}: array<${type}>;`,
      );
      if (parts.length === 1) return declared.join("\n");
      return [...declared, partsAccess(at, scalar as string, parts, writable)].join("\n");
    })
    .join("\n");
}

/** Functions that reach into a value bound in several parts. */
function partsAccess(at: number, type: string, parts: readonly number[], writable: boolean): string {
  const steps = (statement: (name: string, index: string) => string): string => {
    let from = 0;
    return parts
      .map((size, part) => {
        const index = from === 0 ? "i" : `i - ${from}u`;
        from += size;
        const then = statement(`b${at}_${part}`, index);
        return part === parts.length - 1 ? then : `if (i < ${from}u) { ${then} }`;
      })
      .join(" ");
  };
  const read = `fn at${at}(i: u32) -> ${type} { ${steps((name, index) => `return ${name}[${index}];`)} }`;
  if (!writable) return read;
  return `${read}\nfn put${at}(i: u32, x: ${type}) { ${steps((name, index) => `${name}[${index}] = x; return;`)} }`;
}
