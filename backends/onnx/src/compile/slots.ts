// Gives every value that crosses a segment's edge a slot, and every slot its storage.
import type { Graph, TensorType, Value } from "@cambium/ir";
import {
  kernelReads,
  type Place,
  type PlannedInput,
  type PlannedOutput,
  type PlannedSlot,
  type PlanStep,
  type Slot,
  stepEdges,
} from "../plan.js";

/** Slots by value, assigned on first use. */
export class SlotTable {
  readonly types: TensorType[] = [];
  readonly #byValue = new Map<number, Slot>();

  of({ id, type }: Value): Slot {
    let slot = this.#byValue.get(id);
    if (slot === undefined) {
      slot = this.types.push(type) - 1;
      this.#byValue.set(id, slot);
    }
    return slot;
  }
}

export interface Placement {
  readonly slots: readonly PlannedSlot[];
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly PlannedOutput[];
}

/** Decides the storage of every slot, given the steps that read and write them. */
export function place(
  graph: Graph,
  table: SlotTable,
  steps: readonly PlanStep[],
  fixed: ReadonlySet<string>,
): Placement {
  const replaced = new Map(
    graph.outputs.flatMap(({ name, replaces }) => (replaces === undefined ? [] : [[replaces, name]])),
  );
  const inputs = graph.inputs.map(({ name, value }): PlannedInput => {
    return { name, slot: table.of(value), consumed: replaced.has(name), fixed: fixed.has(name) };
  });
  const storage = table.types.map((): Place => ({ kind: "scratch" }));
  for (const { slot } of inputs) storage[slot] = { kind: "input" };

  const owned = new Set<Slot>();
  const outputs = graph.outputs.map(({ name, value, replaces }): PlannedOutput => {
    const slot = table.of(value);
    const passed =
      storage[slot]?.kind === "input" && graph.inputs.find((input) => input.value.id === value.id)?.name !== replaces;
    const copy = passed || owned.has(slot);
    owned.add(slot);
    if (storage[slot]?.kind === "scratch") storage[slot] = { kind: "output" };
    return { name, slot, copy };
  });

  for (const [next, over] of overwrites(steps)) {
    const output = graph.outputs.find(({ value }) => table.of(value) === next);
    const input = inputs.find(({ slot }) => slot === over);
    const takesOver = output !== undefined && input !== undefined && output.replaces === input.name;
    const passed = outputs.some(({ slot }) => slot === over);
    if (takesOver && !passed) storage[next] = { kind: "inPlace", over };
  }
  return { slots: table.types.map((type, slot) => ({ type, storage: storage[slot] as Place })), inputs, outputs };
}

/** Pairs (next, old) in which a step may write `next` over `old`: nothing reads `old` afterwards or twice. */
function overwrites(steps: readonly PlanStep[]): [Slot, Slot][] {
  const readers = new Map<Slot, number[]>();
  let time = 0;
  const note = (slots: readonly Slot[]) => {
    for (const slot of slots) readers.set(slot, [...(readers.get(slot) ?? []), time]);
    time++;
  };
  const pairs: { readonly at: number; readonly next: Slot; readonly old: Slot }[] = [];
  for (const step of steps) {
    if (step.kind === "session") {
      for (const [next, old] of step.overwrites) pairs.push({ at: time, next, old });
      note(stepEdges(step).reads);
      continue;
    }
    for (const call of step.calls) {
      if (call.op === "adamw") {
        call.outputs.forEach((next, i) =>
          pairs.push({ at: time, next, old: call.inputs[i === 0 ? 0 : i + 1] as Slot }),
        );
      }
      note(kernelReads(call));
    }
  }
  return pairs.flatMap(({ at, next, old }): [Slot, Slot][] => {
    const times = readers.get(old) ?? [];
    return times.at(-1) === at && times.filter((t) => t === at).length === 1 ? [[next, old]] : [];
  });
}
