// A kernel's WGSL module: bindings, functions and entry point around the body that the kernel writes.
import type { Value } from "@cambium/ir";
import type { Fusion } from "../compile/fuse.js";
import type { DeviceTraits } from "../lower/traits.js";
import { Code, toMemory, type ValueSource } from "./code.js";
import { fourOf } from "./fours.js";
import { type FunctionName, functionSources } from "./functions.js";
import { Index } from "./index-map.js";
import type { Kernel, KernelBody, KernelIo } from "./kernel.js";
import { declareBindings, isByFour, isHalf, type Operand, type Use } from "./operands.js";

export interface KernelModule {
  readonly wgsl: string;
  /** Contents of the buffer that is bound after the operands; none when empty. */
  readonly numbers: readonly number[];
}

/** The module of `kernel` with its `operands` as bindings 0, 1, … of group 0. */
export function kernelModule(
  kernel: Kernel,
  operands: readonly Operand[],
  fusion: Fusion,
  traits: Pick<DeviceTraits, "numbers">,
): KernelModule {
  // The first pass only shows how operands are used: read and written as scalars, or by four.
  const seen = write(kernel, operands, fusion, undefined);
  const { body, functions, numbers } = write(kernel, operands, fusion, seen.uses);
  const bound = operands.reduce((sum, { parts }) => sum + parts.length, 0);
  const fours = Math.ceil(numbers.length / 4);
  const space = traits.numbers === "storage" ? "storage, read" : "uniform";
  const wgsl = assemble({
    enables: [...(kernel.enables ?? []), ...(operands.some(isHalf) ? ["f16"] : [])],
    bindings: [
      declareBindings(operands, seen.uses),
      ...(fours > 0 ? [`@group(0) @binding(${bound}) var<${space}> numbers: array<vec4<u32>, ${fours}>;`] : []),
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
    const whole = byFour(at) ? `b${at}[(${flat}) >> 2u][(${flat}) & 3u]` : `b${at}[${flat}]`;
    const element = (operands[at] as Operand).parts.length > 1 ? `at${at}(${flat})` : whole;
    return isHalf(operands[at] as Operand) ? `f32(${element})` : element;
  };
  const source: ValueSource = { expression: fusion.expression, maker: fusion.maker, load };
  const put = (at: number, flat: string, expr: string): string => {
    const element = isHalf(operands[at] as Operand) ? `f16(${expr})` : expr;
    return (operands[at] as Operand).parts.length > 1
      ? `put${at}(${flat}, ${element});`
      : `b${at}[${flat}] = ${element};`;
  };
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
      if (byFour(at)) return isHalf(operands[at] as Operand) ? `vec4<f32>(b${at}[${flat4}])` : `b${at}[${flat4}]`;
      const elements = [0, 1, 2, 3].map((i) => load(value, `4u * (${flat4}) + ${i}u`));
      return `vec4<f32>(${elements.join(", ")})`;
    },
    store,
    store4: (value, flat4, expr) => {
      const end = fusion.stored(value);
      const reader = {
        four: (other: Value) => io.load4(other, "four_at"),
        one: (other: Value) => load(other, "0u"),
        use: (name: FunctionName) => functions.add(name),
      };
      const result = end === value ? "four" : fourOf(end, value, "four", fusion, reader);
      const at = result === undefined ? -1 : access(end, "store4");
      const stored =
        at >= 0 && (!known || byFour(at))
          ? [`b${at}[four_at] = ${isHalf(operands[at] as Operand) ? `vec4<f16>(${result})` : result};`]
          : [0, 1, 2, 3].map((i) => store(value, `4u * four_at + ${i}u`, `four[${i}]`));
      return `{\nlet four = ${expr};\nlet four_at = ${flat4};\n${stored.join("\n")}\n}`;
    },
    number: (value) => `n${numbers.push(value) - 1}`,
    code: () => new Code(source, functions),
  };
  const body = kernel.body(io);
  for (const name of body.uses ?? []) functions.add(name);
  return { body, uses, functions, numbers };
}
