// The executable of a device shell: checks a run's inputs, hands the run over, and makes handles for its outputs.
import { CambiumError, type Graph, type HostTensor, type TensorType } from "@cambium/ir";
import type { CompileOptions, DeviceTensor, Executable, ExecutableStats, RunOptions, RunResult } from "./contract.js";
import type { BuiltGraph, DeviceParts, RunInput, RunOutput } from "./device-parts.js";
import { validateInputs } from "./inputs.js";
import type { TensorLedger } from "./ledger.js";
import type { Pending } from "./pending.js";

/** What an executable shares with its device. */
export interface ShellState<S> {
  readonly parts: DeviceParts<S>;
  readonly ledger: TensorLedger<S>;
  readonly pending: Pending;
  /** @throws CambiumError `E_DISPOSED` if the device is closed, `E_DEVICE_LOST` if it is known to be lost. */
  mustBeOpen(): void;
  explain(error: unknown): unknown;
}

/** A graph that was built. */
interface Compiled<S> {
  readonly graph: Graph;
  readonly fixed: Readonly<Record<string, DeviceTensor>>;
  readonly built: BuiltGraph<S>;
  readonly stats: ExecutableStats;
}

/** @param forget called once, when the executable is disposed. */
export function shellExecutable<S>(
  state: ShellState<S>,
  { graph, fixed, built, stats }: Compiled<S>,
  forget: () => void,
): Executable {
  const { ledger, pending, mustBeOpen, explain } = state;
  let live = true;
  let running = 0;

  const mustLive = () => {
    mustBeOpen();
    if (!live) throw new CambiumError("E_DISPOSED", "the executable was disposed");
  };
  const dispose = () => {
    if (!live) return;
    live = false;
    forget();
    if (running === 0) built.dispose?.();
  };
  const run: Executable["run"] = async (given, options = {}) => {
    mustLive();
    const { inputs, release } = bind(graph, given, { ...options, fixed }, ledger);
    const { fetch = [] } = options;
    running += 1;
    try {
      return results(state, graph, await built.run(inputs, fetch), fetch);
    } catch (error) {
      throw explain(error);
    } finally {
      release();
      running -= 1;
      if (!live && running === 0) built.dispose?.();
    }
  };
  return {
    stats,
    run: (given, options) => pending.track(run(given, options)),
    async profile() {
      mustLive();
      if (!built.profile) return null;
      await pending.settled();
      return built.profile();
    },
    ...(built.timeline && { timeline: () => built.timeline?.() ?? [] }),
    ...(built.source && { source: () => built.source?.() ?? "" }),
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** The inputs in the form that the run gets. `release` ends the hold on those that it does not consume. */
function bind<S>(
  graph: Graph,
  given: Readonly<Record<string, DeviceTensor | HostTensor>>,
  options: RunOptions & CompileOptions,
  ledger: TensorLedger<S>,
): { inputs: RunInput<S>[]; release: () => void } {
  const releases: (() => void)[] = [];
  const inputs = validateInputs(graph, given, ledger, options).map((bound): RunInput<S> => {
    const { name, type, consumed } = bound;
    if (bound.host) return { name, type, consumed, host: bound.host };
    if (consumed) return { name, type, consumed, storage: ledger.take(bound.tensor) };
    const { storage, release } = ledger.hold(bound.tensor);
    releases.push(release);
    return { name, type, consumed, storage };
  });
  return { inputs, release: () => releases.forEach((release) => void release()) };
}

/** An output that the shell loads for the caller. */
interface Fetched<S> {
  readonly name: string;
  readonly type: TensorType;
  readonly storage: S;
}

function results<S>(
  { parts, ledger, pending, explain }: ShellState<S>,
  graph: Graph,
  { outputs, fetched }: RunOutput<S>,
  fetch: readonly string[],
): RunResult {
  const stored = graph.outputs.flatMap(({ name, value: { type } }): Fetched<S>[] =>
    Object.hasOwn(outputs, name) ? [{ name, type, storage: outputs[name] as S }] : [],
  );
  const wanted = stored.filter(({ name }) => fetch.includes(name));
  const kept = Object.fromEntries(
    stored
      .filter(({ name }) => !fetch.includes(name))
      .map(({ name, type, storage }) => [name, ledger.add(type, storage)]),
  );
  // Tracked, so that a rejection is handled even if loading the others fails first.
  const own = pending.track(Promise.resolve(fetched));
  const all = async () => {
    try {
      const loaded: [string, HostTensor][] = [];
      for (const { name, type, storage } of wanted) loaded.push([name, await parts.load(storage, type)]);
      return { ...Object.fromEntries(loaded), ...(await own) };
    } catch (error) {
      const failure = explain(error);
      for (const tensor of Object.values(kept)) ledger.fail(tensor, failure);
      throw failure;
    } finally {
      for (const { storage, type } of wanted) parts.free(storage, type);
    }
  };
  return { outputs: kept, fetched: pending.track(all()) };
}
