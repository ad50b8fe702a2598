// A model compiled for training at one stage of its masks: the step, and the loss to evaluate with.
import type { Device, Executable } from "@cambium/backend";
import { type Graph, type HostTensor, hostTensor } from "@cambium/ir";
import { lossGraph, type Mask, maskValue, maskValuesName, opensAfter } from "@cambium/model";
import { type CompiledStep, compileStep } from "./compiled-step.js";
import type { ResolvedTrainerOptions } from "./trainer-options.js";

export interface CompiledModel {
  readonly step: CompiledStep;
  /** Compiled when it first runs. */
  readonly loss: Pick<Executable, "run">;
  /** The masks in its graphs; none once all are open and the graphs are the plain model's. */
  readonly masks: readonly Mask[];
  dispose(): void;
}

/** The masks still in the graph after `tokens` tokens: all of them until the last has fully opened, then none. */
export function masksAt(masks: readonly Mask[], tokens: number): readonly Mask[] {
  return masks.every((mask) => tokens >= opensAfter(mask)) ? [] : masks;
}

/** The input that holds the values of `masks` after `tokens` tokens; nothing without masks. */
export function maskValuesAt(masks: readonly Mask[], tokens: number): Readonly<Record<string, HostTensor>> {
  if (masks.length === 0) return {};
  const values = masks.map((mask) => maskValue(mask, tokens));
  return { [maskValuesName]: hostTensor("f32", [masks.length], values) };
}

/** @throws CambiumError from the device's `compile`; it then leaves nothing on the device. */
export async function compileModel(options: ResolvedTrainerOptions, masks: readonly Mask[]): Promise<CompiledModel> {
  const { device, model, phase } = options;
  const masked = { ...options, phase: { ...phase, masks } };
  const step = await compileStep(device, model, masked);
  const loss = compiledWhenRun(device, () => lossGraph(model, { ...options, masks }));
  const dispose = () => {
    step.dispose();
    loss.dispose();
  };
  return { step, loss, masks, dispose };
}

/** A graph that is compiled when it first runs, so that the first step does not wait for what only evaluation needs. */
function compiledWhenRun(device: Device, graph: () => Graph): Pick<Executable, "run" | "dispose"> {
  let executable: Executable | undefined;
  let disposed = false;
  return {
    run: async (inputs, options) => {
      executable ??= await device.compile(graph());
      if (disposed) executable.dispose();
      return executable.run(inputs, options);
    },
    dispose: () => {
      disposed = true;
      executable?.dispose();
    },
  };
}
