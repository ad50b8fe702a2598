// A device over this process's own memory: all of the contract except what it means to compute a graph.
import {
  CambiumError,
  checkGraph,
  type Graph,
  type HostTensor,
  hostTensor,
  liveness,
  type TensorType,
} from "@cambium/ir";
import { checkLimits } from "./checks.js";
import type { Device, DeviceInfo, DeviceTensor, Executable, ProfileEntry, RunOptions, RunResult } from "./contract.js";
import { validateInputs } from "./inputs.js";
import { TensorLedger } from "./ledger.js";

/** How a host device stores tensors (as `S`) and computes. */
export interface HostEngine<S> {
  readonly info: DeviceInfo;
  /** Must copy: the caller goes on using `host`. */
  store(host: HostTensor): S;
  /** Must copy: the caller may write to the result. */
  load(type: TensorType, storage: S): HostTensor;
  /** The graph's outputs by name; calls `ran` after each node with the seconds it took. */
  execute(
    graph: Graph,
    inputs: Readonly<Record<string, S>>,
    ran: (op: string, seconds: number) => void,
  ): Record<string, S>;
}

/** A device that runs `engine`; `profile` makes it record time by op. */
export function hostDevice<S>(engine: HostEngine<S>, profile: boolean): Device {
  const ledger = new TensorLedger<S>();
  const executables = new Set<Executable>();
  let open = true;
  const mustBeOpen = () => {
    if (!open) throw new CambiumError("E_DISPOSED", `the ${engine.info.backend} device is closed`);
  };
  const close = async () => {
    open = false;
    for (const executable of [...executables]) executable.dispose();
    ledger.clear();
  };
  return {
    info: engine.info,
    async compile(graph) {
      mustBeOpen();
      const executable = compiled(engine, ledger, graph, profile, executables);
      executables.add(executable);
      return executable;
    },
    async upload(host) {
      mustBeOpen();
      const { dtype, shape, data } = hostTensor(host.dtype, host.shape, host.data);
      return ledger.add({ dtype, shape }, engine.store({ dtype, shape, data } as HostTensor));
    },
    async download(tensor) {
      mustBeOpen();
      return engine.load(tensor.type, ledger.storage(tensor));
    },
    memory: async () => ledger.stats(executables.size),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function compiled<S>(
  engine: HostEngine<S>,
  ledger: TensorLedger<S>,
  graph: Graph,
  profile: boolean,
  living: Set<Executable>,
): Executable {
  const start = performance.now();
  checkGraph(graph, "before it is compiled");
  checkLimits(graph, engine.info);
  const times = new Map<string, { count: number; seconds: number }>();
  const ran = (op: string, seconds: number) => {
    const sum = times.get(op) ?? { count: 0, seconds: 0 };
    times.set(op, { count: sum.count + 1, seconds: sum.seconds + seconds });
  };
  const stats = {
    nodes: graph.nodes.length,
    plannedBytes: liveness(graph).peakBytes,
    compileSeconds: (performance.now() - start) / 1000,
  };
  const dispose = () => void living.delete(executable);
  const executable: Executable = {
    stats,
    async run(inputs, options: RunOptions = {}): Promise<RunResult> {
      if (!living.has(executable)) throw new CambiumError("E_DISPOSED", "the executable was disposed");
      const bound = validateInputs(graph, inputs, ledger, options);
      const stored = bound.map(({ name, tensor, host, consumed }): [string, S] => {
        if (!tensor) return [name, engine.store(host as HostTensor)];
        return [name, consumed ? ledger.take(tensor) : ledger.storage(tensor)];
      });
      const results = engine.execute(graph, Object.fromEntries(stored), profile ? ran : () => {});
      const outputs: Record<string, DeviceTensor> = {};
      const fetched: Record<string, HostTensor> = {};
      for (const { name, value } of graph.outputs) {
        if (options.fetch?.includes(name)) fetched[name] = engine.load(value.type, results[name] as S);
        else outputs[name] = ledger.add(value.type, results[name] as S);
      }
      return { outputs, fetched: Promise.resolve(fetched) };
    },
    async profile(): Promise<readonly ProfileEntry[] | null> {
      if (!profile) return null;
      return [...times].map(([op, sum]) => ({ op, ...sum })).sort((a, b) => b.seconds - a.seconds);
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
  return executable;
}
