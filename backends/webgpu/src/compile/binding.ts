// Bindings: the stretches of memory that a kernel binds. Values beyond the device's binding limit are bound in parts.
import { CambiumError, formatType, numel, type Value } from "@cambium/ir";
import { bindingUnit, type DeviceTraits } from "../lower/traits.js";
import type { Operand } from "../wgsl/operands.js";
import { deviceBytes, elementBytes, type Layout, type Placement } from "./layout.js";
import type { Emitted } from "./lower.js";

/** A stretch of memory that a kernel binds. */
export interface Binding {
  readonly placement: Placement;
  /** Bytes from the placement's start, and length. */
  readonly offset: number;
  readonly bytes: number;
  readonly access: Access;
}

export type Access = "read" | "read_write" | "uniform";

/**
 * The kernel's operands, one for each place. If it writes one value of a kind of placement, all its operands of that
 * kind are writable: they may share a buffer, and WebGPU allows a buffer only one kind of access in a dispatch.
 */
export function operandsOf({ reads, writes }: Emitted, layout: Layout, traits: DeviceTraits): Operand[] {
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

/** Element counts of the parts in which a value is bound; all but the last are as long as the device allows. */
export function partsOf(value: Value, { maxBindingBytes }: DeviceTraits): number[] {
  const count = numel(value.type.shape);
  const most = Math.floor(maxBindingBytes / bindingUnit) * (bindingUnit / elementBytes(value));
  const whole = Math.floor(count / most);
  const rest = count % most;
  return count <= most ? [count] : [...new Array<number>(whole).fill(most), ...(rest > 0 ? [rest] : [])];
}

export function bindingsOf({ values, writable, parts }: Operand, layout: Layout): Binding[] {
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

/**
 * @throws CambiumError `E_LIMIT` where too many tensors beyond the binding limit meet in one kernel, which cannot be
 * split
 */
export function checkBindings(
  bindings: readonly Binding[],
  operands: readonly Operand[],
  { kernel, scope }: Emitted,
  { maxStorageBuffers, maxBindingBytes }: DeviceTraits,
): void {
  const count = bindings.filter(({ access }) => access !== "uniform").length;
  if (count <= maxStorageBuffers) return;
  const large = operands.filter(({ parts }) => parts.length > 1);
  throw new CambiumError("E_LIMIT", `the kernel "${kernel?.label}" binds more buffers than the device allows`, {
    ...(scope !== undefined && { where: scope }),
    expected: `at most ${maxStorageBuffers} bindings of at most ${maxBindingBytes} bytes`,
    got: `${count} bindings`,
    reasons: large.map(({ values: [value], parts }) => ({
      message: `${formatType((value as Value).type)} takes ${parts.length} bindings`,
      got: `${deviceBytes(value as Value)} bytes`,
    })),
    hint: "use a smaller batch or vocabulary, or an adapter with a larger maxStorageBufferBindingSize",
  });
}
