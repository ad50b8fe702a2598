// The result of compiling, sent to the worker as plain data: values, where each is stored, and the steps to compute them.
import type { TensorType } from "@cambium/ir";

/** Index into `Plan.slots`. */
export type Slot = number;

/**
 * Where a slot's value lies during a run:
 * `input`, the tensor bound by the caller; `output`, a fresh tensor that the caller gets; `scratch`, memory that the
 * executable keeps from run to run; `inPlace`, the storage of another slot, which it overwrites.
 */
export type Place =
  | { readonly kind: "input" | "output" | "scratch" }
  | { readonly kind: "inPlace"; readonly over: Slot };

export interface PlannedSlot {
  readonly type: TensorType;
  readonly storage: Place;
}

export interface PlannedInput {
  readonly name: string;
  readonly slot: Slot;
  /** An output replaces it: its tensor is consumed by a run. */
  readonly consumed: boolean;
  /** It is bound once, when the plan is compiled. */
  readonly fixed: boolean;
}

export interface PlannedOutput {
  readonly name: string;
  readonly slot: Slot;
  /** Another edge owns the slot: the output is a copy. */
  readonly copy: boolean;
}

export interface Plan {
  readonly slots: readonly PlannedSlot[];
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly PlannedOutput[];
  readonly steps: readonly PlanStep[];
}

export type PlanStep = SessionStep | KernelStep;

/** One run of an ONNX Runtime session. */
export interface SessionStep {
  readonly kind: "session";
  readonly model: Uint8Array<ArrayBuffer>;
  readonly nodes: number;
  readonly feeds: Readonly<Record<string, Slot>>;
  readonly fetches: Readonly<Record<string, Slot>>;
  /** The model's initializers that are fixed inputs. ONNX Runtime copies them into the layout that its products read. */
  readonly packed: Readonly<Record<string, Slot>>;
  /** Pairs of a fetch and a feed that one node alone reads, and that it may overwrite with the fetch. */
  readonly overwrites: readonly (readonly [next: Slot, old: Slot])[];
  /** The model's first output, which is not a tensor: onnxruntime-node stops there (see `Session.run`). */
  readonly stopper: string;
}

/** One call of the kernels. */
export interface KernelStep {
  readonly kind: "kernels";
  readonly calls: readonly KernelCall[];
}

export type KernelCall = ScatterAddCall | ClipCall | AdamWCall;

export interface ScatterAddCall {
  readonly op: "scatterAdd";
  readonly updates: Slot;
  readonly indices: Slot;
  readonly sums: Slot;
}

export interface ClipCall {
  readonly op: "clipByGlobalNorm";
  readonly grads: readonly Slot[];
  readonly scale: Slot;
  readonly norm: Slot;
  readonly maxNorm: number;
}

export interface AdamWCall {
  readonly op: "adamw";
  /** param, grad, m, v. */
  readonly inputs: readonly [Slot, Slot, Slot, Slot];
  /** Next param, m, v. */
  readonly outputs: readonly [Slot, Slot, Slot];
  readonly gradScale: Slot;
  readonly lr: Slot;
  readonly step: Slot;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly lrMultiplier: number;
}

/** Slots that a step reads and writes. */
export function stepEdges(step: PlanStep): { readonly reads: readonly Slot[]; readonly writes: readonly Slot[] } {
  if (step.kind === "session") return { reads: Object.values(step.feeds), writes: Object.values(step.fetches) };
  return { reads: step.calls.flatMap(kernelReads), writes: step.calls.flatMap(kernelWrites) };
}

export function kernelReads(call: KernelCall): readonly Slot[] {
  if (call.op === "scatterAdd") return [call.updates, call.indices];
  return call.op === "adamw" ? [...call.inputs, call.gradScale, call.lr, call.step] : call.grads;
}

function kernelWrites(call: KernelCall): readonly Slot[] {
  if (call.op === "scatterAdd") return [call.sums];
  return call.op === "adamw" ? call.outputs : [call.scale, call.norm];
}
