// Which values of a program may lie in the same memory: some instructions pass on what they read, as a reshape does.
import { highest } from "@cambium/ir";
import type { Instruction } from "./program.js";

/** For a slot, the slots whose memory its tensor may lie in: itself alone, unless it was passed on. */
export function homesOf(instructions: readonly Instruction[]): (slot: number) => readonly number[] {
  const homes = new Map<number, readonly number[]>();
  const of = (slot: number) => homes.get(slot) ?? [slot];
  for (const { passesOn, reads, writes } of instructions) {
    if (!passesOn) continue;
    const all = [...new Set(reads.flatMap((slot) => of(slot)))];
    for (const slot of writes) homes.set(slot, all);
  }
  return of;
}

/**
 * For a slot, the index of the last instruction that reads what its memory was passed on to: -1 if there is none, infinite
 * if an output was made of it.
 */
export function lastReadElsewhere(
  instructions: readonly Instruction[],
  outputs: readonly number[],
): (slot: number) => number {
  const elsewhere = new Map<number, number>();
  const read = new Map(outputs.map((slot) => [slot, Number.POSITIVE_INFINITY]));
  const last = (of: Map<number, number>, slot: number) => of.get(slot) ?? -1;
  for (const [back, { passesOn, reads, writes }] of instructions.toReversed().entries()) {
    const index = instructions.length - 1 - back;
    const passed = passesOn ? writes.flatMap((to) => [last(read, to), last(elsewhere, to)]) : [];
    for (const slot of reads) {
      read.set(slot, highest([last(read, slot), index]));
      elsewhere.set(slot, highest([last(elsewhere, slot), ...passed]));
    }
  }
  return (slot) => last(elsewhere, slot);
}
