// One run of a schedule: instructions in order, each tensor disposed after its last reader, with turns for the event loop.
import { activate, type Engine } from "../engines/engine.js";
import type { TensorInfo, TfTensor } from "../tfjs.js";
import type { RunContext, Values } from "./program.js";
import type { Schedule } from "./schedule.js";

/** Milliseconds of kernels after which timers and messages get their turn. */
const turn = 20;

/** Called after each instruction with its op type and seconds. */
export type Observer = (op: string, seconds: number) => void;

/**
 * Runs `schedule` over `values`, which holds inputs and constants. Slots in `borrowed` stay alive; everything else is
 * disposed or returned, even if a kernel throws.
 * @returns the output tensors, in the order of `schedule.outputs`.
 */
export async function runSchedule(
  engine: Engine,
  { steps, unread, outputs }: Schedule,
  values: Values,
  borrowed: ReadonlySet<number>,
  observe?: Observer,
): Promise<TfTensor[]> {
  const release = (slot: number) => {
    if (!borrowed.has(slot)) (values[slot] as TfTensor | undefined)?.dispose();
    values[slot] = undefined;
  };
  let dying: ReadonlySet<number> = new Set();
  const context: RunContext = {
    take(slot) {
      const tensor = values[slot] as TfTensor | undefined;
      if (!tensor || borrowed.has(slot) || !dying.has(slot)) return null;
      if (engine.tf.engine().backend.refCount(tensor.dataId) !== 1) return null;
      values[slot] = undefined;
      return tensor;
    },
  };
  try {
    activate(engine);
    for (const slot of unread) release(slot);
    let since = performance.now();
    for (const step of steps) {
      dying = step.dying;
      const began = observe ? performance.now() : 0;
      const pending = step.instruction.run(values, context);
      if (pending) {
        await pending;
        activate(engine);
      }
      observe?.(step.instruction.op, (performance.now() - began) / 1000);
      for (const slot of step.frees) release(slot);
      if (performance.now() - since > turn) {
        await nextTurn();
        activate(engine);
        since = performance.now();
      }
    }
    return outputs.map((slot) => values[slot] as TfTensor);
  } catch (error) {
    disposeOwned(values, borrowed);
    throw error;
  }
}

/** Disposes the tensors that a failed run leaves. Views own no data. */
export function disposeOwned(values: Values, borrowed: ReadonlySet<number>): void {
  values.forEach((value, slot) => {
    if (value && !borrowed.has(slot) && isTensor(value)) value.dispose();
  });
}

function isTensor(value: TensorInfo): value is TfTensor {
  return "dispose" in value;
}

/** Resolves after everything that waits in the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => (typeof setImmediate === "function" ? setImmediate(resolve) : setTimeout(resolve)));
}
