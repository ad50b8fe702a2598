// A model compiled for one part of its phase: the train steps, and the loss graph for evaluation.
import type { Device, Executable } from "@cambium/backend";
import { type Graph, type HostTensor, hostTensor } from "@cambium/ir";
import {
  lossGraph,
  type Mask,
  type ModelSpec,
  maskValue,
  maskValuesName,
  opensAfter,
  type Phase,
  submodel,
} from "@cambium/model";
import { type CompiledStep, compileStep } from "./compiled-step.js";
import type { ResolvedTrainerOptions } from "./trainer-options.js";

export interface CompiledModel {
  /** The train step; with sub-models, one step per depth. */
  readonly steps: readonly CompiledStep[];
  /** Compiled when it first runs. */
  readonly loss: Pick<Executable, "run">;
  /** The part of the phase that its graphs contain. */
  readonly phase: Phase;
  dispose(): void;
}

/**
 * The part of `phase` still in the graphs after `tokens` tokens. All masks stay until the last has fully opened, then
 * none; sub-models stay until the whole model trains.
 */
export function phaseAt(phase: Phase, tokens: number): Phase {
  const { submodels, ...rest } = phase;
  const masks = phase.masks.every((mask) => tokens >= opensAfter(mask)) ? [] : phase.masks;
  return submodels && tokens < submodels.tokens ? { ...rest, submodels, masks } : { ...rest, masks };
}

/** The graph input with the values of `masks` after `tokens` tokens; empty if there are no masks. */
export function maskValuesAt(masks: readonly Mask[], tokens: number): Readonly<Record<string, HostTensor>> {
  if (masks.length === 0) return {};
  const values = masks.map((mask) => maskValue(mask, tokens));
  return { [maskValuesName]: hostTensor("f32", [masks.length], values) };
}

/** @throws CambiumError from the device's `compile`; it then leaves nothing on the device. */
export async function compileModel(options: ResolvedTrainerOptions, phase: Phase): Promise<CompiledModel> {
  const { device, model } = options;
  const steps: CompiledStep[] = [];
  const disposeSteps = () => {
    for (const step of steps) step.dispose();
  };
  try {
    for (const part of partsOf(model, phase))
      steps.push(await compileStep(device, part.model, { ...options, phase: part.phase }));
  } catch (error) {
    disposeSteps();
    throw error;
  }
  const loss = compiledWhenRun(device, () => lossGraph(model, { ...options, masks: phase.masks }));
  const dispose = () => {
    disposeSteps();
    loss.dispose();
  };
  return { steps, loss, phase, dispose };
}

/** The models that steps train: the model itself, or its sub-models. */
function partsOf(model: ModelSpec, phase: Phase): readonly { readonly model: ModelSpec; readonly phase: Phase }[] {
  if (!phase.submodels) return [{ model, phase }];
  return phase.submodels.depths.map((depth) => submodel(model, phase, depth));
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
