// The WGSL module of a kernel over many tensors. A table tells each workgroup where its chunk of each tensor lies.
import type { Value } from "@cambium/ir";
import { assemble } from "./assemble.js";
import { functionSources } from "./functions.js";
import type { ManyKernel } from "./many.js";

/** The bound buffer of each tensor: by role, then by shared value, reads before writes. */
export interface ManyBinding {
  readonly buffers: readonly number[];
  /** By buffer: whether anything in it is written. */
  readonly writable: readonly boolean[];
}

/**
 * Words of a chunk's record: an offset per role and shared value, first and last element, the parameter, the number.
 */
export function recordWords({ writes, sharedReads, sharedWrites }: ManyKernel): number {
  return writes.length + sharedReads.length + sharedWrites.length + 4;
}

/**
 * Binding 0 is the table; the buffers follow.
 * @param linear WGSL expression of the workgroup's number
 */
export function manyModule(kernel: ManyKernel, binding: ManyBinding, linear: string): string {
  const roles = kernel.writes.length;
  const shared = [...kernel.sharedReads, ...kernel.sharedWrites];
  const words = recordWords(kernel);
  const last = roles + shared.length;
  const slot = (place: number, at: string) => `f${binding.buffers[place]}[offset${place} + ${at}]`;
  const sharedSlot = (value: Value, at: string) => slot(roles + shared.indexOf(value), at);
  const body = kernel.body({
    item: (role, at) => slot(role, at),
    storeItem: (role, at, expr) => `${slot(role, at)} = ${expr};`,
    load: (value, flat) =>
      value.type.dtype === "f32" ? sharedSlot(value, flat) : `bitcast<i32>(${sharedSlot(value, flat)})`,
    store: (value, flat, expr) => `${sharedSlot(value, flat)} = ${expr};`,
  });
  const head = [
    `let chunk = ${linear};`,
    `if (chunk >= arrayLength(&table) / ${words}u) { return; }`,
    `let record = chunk * ${words}u;`,
    ...binding.buffers.map((_, place) => `let offset${place} = table[record + ${place}u];`),
    `let begin = table[record + ${last}u];`,
    `let end = table[record + ${last + 1}u];`,
    `let parameter = bitcast<f32>(table[record + ${last + 2}u]);`,
    `let chunkId = table[record + ${last + 3}u];`,
  ];
  return assemble({
    enables: kernel.enables ?? [],
    bindings: [
      "@group(0) @binding(0) var<storage, read> table: array<u32>;",
      ...binding.writable.map(
        (written, i) =>
          `@group(0) @binding(${1 + i}) var<storage, ${written ? "read_write" : "read"}> f${i}: array<f32>;`,
      ),
    ].join("\n"),
    functions: functionSources(body.uses ?? []),
    workgroup: [kernel.invocations, 1, 1],
    body: { ...body, main: [...head, body.main].join("\n") },
  });
}
