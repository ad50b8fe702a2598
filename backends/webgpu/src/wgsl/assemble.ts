// The text of a WGSL module, put together from its parts.
import type { KernelBody } from "./kernel.js";

export interface ModuleParts {
  readonly enables: readonly string[];
  readonly bindings: string;
  readonly functions: string;
  readonly workgroup: readonly number[];
  readonly body: KernelBody;
}

export function assemble({ enables, bindings, functions, workgroup, body }: ModuleParts): string {
  return [
    ...enables.map((name) => `enable ${name};`),
    bindings,
    functions,
    body.declarations ?? "",
    `@compute @workgroup_size(${workgroup.join(", ")})`,
    "fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(local_invocation_id) lid: vec3<u32>,",
    "    @builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {",
    body.main,
    "}",
    "",
  ]
    .filter((text, i, all) => text !== "" || i === all.length - 1)
    .join("\n");
}
