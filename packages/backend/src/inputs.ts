// validateInputs: finds everything that is wrong with a run's arguments before anything runs or is consumed.
import {
  append,
  CambiumError,
  formatType,
  type Graph,
  type HostTensor,
  numel,
  type Reason,
  sameType,
  type TensorType,
} from "@cambium/ir";
import type { CompileOptions, DeviceTensor, RunOptions } from "./contract.js";
import type { TensorLedger } from "./ledger.js";

/** One graph input and what the caller bound to it. */
export type BoundInput = {
  readonly name: string;
  readonly type: TensorType;
  /** An output replaces this input: a device tensor bound to it is consumed by the run. */
  readonly consumed: boolean;
} & (
  | { readonly tensor: DeviceTensor; readonly host?: undefined }
  | { readonly host: HostTensor; readonly tensor?: undefined }
);

/**
 * The graph's inputs in order, each with its binding. A run that is refused here has consumed nothing.
 * @throws CambiumError `E_INPUT` naming every missing, unknown, fixed or misfitting input, every consumed tensor that is
 * bound twice and every unknown name in `fetch`; `E_DISPOSED` naming every input whose tensor is gone; or, for the output of
 * a failed run, that run's error.
 */
export function validateInputs<S>(
  graph: Graph,
  given: Readonly<Record<string, DeviceTensor | HostTensor>>,
  ledger: TensorLedger<S>,
  { fetch = [], fixed = {} }: RunOptions & CompileOptions = {},
): BoundInput[] {
  const replaced = new Set(graph.outputs.map(({ replaces }) => replaces));
  const misfits: Reason[] = [];
  const gone: Reason[] = [];
  const bound = graph.inputs.flatMap(({ name, value: { type } }): BoundInput[] => {
    const consumed = replaced.has(name);
    const candidate = own(fixed, name) ?? own(given, name);
    const where = `input "${name}"`;
    if (!candidate) {
      misfits.push({ where, message: "is missing", expected: formatType(type) });
      return [];
    }
    const isHost = "data" in candidate;
    const got: TensorType = isHost ? candidate : candidate.type;
    if (!isHost && !ledger.issued(candidate)) misfits.push({ where, message: "is a tensor of another device" });
    else if (!sameType(got, type)) {
      misfits.push({ where, message: "does not fit", expected: formatType(type), got: formatType(got) });
    } else if (isHost && candidate.data.length !== numel(type.shape)) {
      const [expected, length] = [numel(type.shape), candidate.data.length].map((n) => `${n} elements`) as [
        string,
        string,
      ];
      misfits.push({ where, message: "has data that does not fill it", expected, got: length });
    } else if (!isHost && !ledger.alive(candidate)) gone.push({ where, message: "was disposed or consumed by a run" });
    return [{ name, type, consumed, ...(isHost ? { host: candidate } : { tensor: candidate }) }];
  });
  append(misfits, unknown(Object.keys(given), graph.inputs, "input"));
  append(misfits, unknown(fetch, graph.outputs, "output"));
  append(
    misfits,
    Object.keys(given)
      .filter((name) => Object.hasOwn(fixed, name))
      .map((name) => ({ where: `input "${name}"`, message: "was fixed when the graph was compiled" })),
  );
  append(misfits, sharedStorage(bound));
  if (misfits.length === 0) for (const { tensor } of bound) if (tensor) ledger.check(tensor);
  const [code, reasons] = misfits.length > 0 ? ["E_INPUT", [...misfits, ...gone]] : ["E_DISPOSED", gone];
  if (reasons.length > 0) {
    const what =
      code === "E_INPUT" ? "the run's inputs do not fit the graph" : "inputs of the run were disposed or consumed";
    throw new CambiumError(code as string, what, { reasons: reasons as readonly Reason[] });
  }
  return bound;
}

/**
 * The storages of the inputs that `compile` fixes.
 * @throws CambiumError `E_INPUT` naming every unknown or misfitting input, and every one that an output replaces;
 * `E_DISPOSED` for a tensor that is gone
 */
export function fixedInputs<S>(
  graph: Graph,
  fixed: Readonly<Record<string, DeviceTensor>>,
  ledger: TensorLedger<S>,
): Record<string, S> {
  const reasons: Reason[] = unknown(Object.keys(fixed), graph.inputs, "input");
  const replaced = new Set(graph.outputs.map(({ replaces }) => replaces));
  for (const { name, value } of graph.inputs) {
    const [tensor, where] = [own(fixed, name), `input "${name}"`];
    if (!tensor) continue;
    if (replaced.has(name)) reasons.push({ where, message: "cannot be fixed: an output replaces it" });
    if (!sameType(tensor.type, value.type)) {
      const [expected, got] = [value.type, tensor.type].map(formatType) as [string, string];
      reasons.push({ where, message: "does not fit", expected, got });
    }
  }
  if (reasons.length > 0) throw new CambiumError("E_INPUT", "the fixed inputs do not fit the graph", { reasons });
  return Object.fromEntries(Object.entries(fixed).map(([name, tensor]) => [name, ledger.storage(tensor)]));
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function unknown(names: readonly string[], edges: readonly { readonly name: string }[], kind: string): Reason[] {
  const known = new Set(edges.map(({ name }) => name));
  return names
    .filter((name) => !known.has(name))
    .map((name) => ({ where: `${kind} "${name}"`, message: `the graph has no such ${kind}` }));
}

/** Reasons for tensors that the run consumes but that are also bound to another input. */
function sharedStorage(bound: readonly BoundInput[]): Reason[] {
  return bound.flatMap(({ name, tensor, consumed }) => {
    const other =
      consumed && tensor && bound.find((candidate) => candidate.tensor === tensor && candidate.name !== name);
    return other
      ? [{ where: `input "${name}"`, message: `is consumed by the run, but also bound to "${other.name}"` }]
      : [];
  });
}
