// From appended instructions to the schedule that a run follows: no unread results, every output a tensor of its own, and
// after each instruction the slots whose tensors were read for the last time.
import { homesOf, lastReadElsewhere } from "./memory.js";
import { heldBytes, type Instruction, type Program, type Ref } from "./program.js";

export interface ScheduleStep {
  readonly instruction: Instruction;
  /** Slots that are disposed after it, if the run owns them. */
  readonly frees: readonly number[];
  /** Those of them whose memory is their own and is read for the last time as well, for `RunContext.take`. */
  readonly dying: ReadonlySet<number>;
}

export interface Schedule {
  readonly steps: readonly ScheduleStep[];
  /** Inputs that nothing reads. They are disposed at the start, if the run owns them. */
  readonly unread: readonly number[];
  /** For each output of the graph, the slot that holds its tensor at the end. */
  readonly outputs: readonly number[];
  /** Most bytes of values alive at once, without inputs and constants, but with values that take over an input's memory. */
  readonly plannedBytes: number;
}

/** @param own appends an instruction that copies what lies in the memory of an input, a constant or another output */
export function schedule(
  program: Program,
  inputs: readonly Ref[],
  outputs: readonly Ref[],
  own: (ref: Ref) => Ref,
): Schedule {
  const outside = new Set([...inputs.map(({ slot }) => slot), ...program.constants.map(({ slot }) => slot)]);
  const given = new Set<number>();
  const homes = homesOf(program.instructions);
  const held = outputs.map((ref) => {
    const places = homes(ref.slot);
    const taken = program.viewOf.has(ref.slot) || places.some((slot) => outside.has(slot) || given.has(slot));
    if (taken) return own(ref).slot;
    for (const slot of places) given.add(slot);
    return ref.slot;
  });
  const instructions = withoutUnread(program.instructions, held);
  const root = (slot: number) => program.viewOf.get(slot) ?? slot;

  const last = new Map<number, number>();
  instructions.forEach(({ reads, writes }, index) => {
    for (const slot of writes) if (!program.viewOf.has(slot)) last.set(slot, index);
    for (const slot of reads) last.set(root(slot), index);
  });
  for (const slot of held) last.delete(slot);
  for (const { slot } of program.constants) last.delete(slot);

  const frees: number[][] = instructions.map(() => []);
  for (const [slot, index] of last) frees[index]?.push(slot);
  const elsewhere = lastReadElsewhere(instructions, held);
  const steps = instructions.map((instruction, i): ScheduleStep => {
    const ending = frees[i] as number[];
    const alone = ending.filter((slot) => homes(slot).every((home) => home === slot) && elsewhere(slot) < i);
    return { instruction, frees: ending, dying: new Set(alone) };
  });
  const unread = inputs.flatMap(({ slot }) => (last.has(slot) || held.includes(slot) ? [] : [slot]));
  return { steps, unread, outputs: held, plannedBytes: peakBytes(program, steps, outside) };
}

/** Every instruction is pure, so that one whose results nothing reads can be left out. */
function withoutUnread(instructions: readonly Instruction[], outputs: readonly number[]): Instruction[] {
  const live = new Set(outputs);
  const kept = instructions.toReversed().filter(({ reads, writes }) => {
    if (!writes.some((slot) => live.has(slot))) return false;
    for (const slot of reads) live.add(slot);
    return true;
  });
  return kept.reverse();
}

function peakBytes(program: Program, steps: readonly ScheduleStep[], outside: ReadonlySet<number>): number {
  const bytes = (slot: number) => {
    const type = program.types[slot];
    return !type || outside.has(slot) || program.viewOf.has(slot) ? 0 : heldBytes(type);
  };
  let [alive, peak] = [0, 0];
  for (const { instruction, frees } of steps) {
    for (const slot of instruction.writes) alive += bytes(slot);
    peak = Math.max(peak, alive);
    for (const slot of frees) alive -= bytes(slot);
  }
  return peak;
}
