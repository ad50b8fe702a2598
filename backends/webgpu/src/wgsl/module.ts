// A kernel's WGSL module: bindings, functions and entry point around the body that the kernel writes.
import type { Fusion } from "../compile/fusion.js";
import type { DeviceTraits } from "../lower/traits.js";
import { assemble } from "./assemble.js";
import { functionSources } from "./functions.js";
import type { Kernel } from "./kernel.js";
import { ModuleIo } from "./module-io.js";
import { declareBindings, isHalf, type Operand } from "./operands.js";

export interface KernelModule {
  readonly wgsl: string;
  /** Contents of the buffer that is bound after the operands; there is none when empty. */
  readonly numbers: readonly number[];
}

/** The module of `kernel` with its `operands` as bindings 0, 1, … of group 0. */
export function kernelModule(
  kernel: Kernel,
  operands: readonly Operand[],
  fusion: Fusion,
  traits: Pick<DeviceTraits, "numbers">,
): KernelModule {
  // The first pass only finds out how operands are used: read and written one by one, or by four.
  const first = new ModuleIo(kernel, operands, fusion);
  kernel.body(first);
  const io = new ModuleIo(kernel, operands, fusion, first.uses);
  const body = kernel.body(io);
  const { numbers } = io;
  const bound = operands.reduce((sum, { parts }) => sum + parts.length, 0);
  const fours = Math.ceil(numbers.length / 4);
  const space = traits.numbers === "storage" ? "storage, read" : "uniform";
  const wgsl = assemble({
    enables: [...(kernel.enables ?? []), ...(operands.some(isHalf) ? ["f16"] : [])],
    bindings: [
      declareBindings(operands, first.uses),
      ...(fours > 0 ? [`@group(0) @binding(${bound}) var<${space}> numbers: array<vec4<u32>, ${fours}>;`] : []),
    ].join("\n"),
    functions: functionSources([...io.functions, ...(body.uses ?? [])]),
    workgroup: kernel.workgroup,
    body: {
      ...body,
      main: [...numbers.map((_, i) => `let n${i} = numbers[${i >> 2}][${i & 3}];`), body.main].join("\n"),
    },
  });
  return { wgsl, numbers };
}
