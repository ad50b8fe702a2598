// deviceShell: everything that devices have in common, around the parts that an author writes. It keeps the open flag,
// the ledger of tensors and the work under way, checks arguments, and closes in the right order.
import { CambiumError, checkGraph, type Graph, type HostTensor, hostTensor } from "@cambium/ir";
import { checkLimits } from "./checks.js";
import type { CompileOptions, Device, DeviceTensor, Executable } from "./contract.js";
import type { DeviceParts } from "./device-parts.js";
import { fixedInputs } from "./inputs.js";
import { TensorLedger } from "./ledger.js";
import { Pending } from "./pending.js";
import { type ShellState, shellExecutable } from "./shell-executable.js";

/**
 * A device made of `parts`.
 * @example const device = deviceShell({ info, store, load, free, build });
 */
export function deviceShell<S>(parts: DeviceParts<S>): Device {
  const { info } = parts;
  const ledger = new TensorLedger<S>((storage, type) => parts.free(storage, type));
  const pending = new Pending();
  const executables = new Set<Executable>();
  let open = true;
  let closing: Promise<void> | undefined;

  const mustBeOpen = () => {
    if (!open) throw new CambiumError("E_DISPOSED", `the ${info.backend} device is closed`);
    parts.checkHealth?.();
  };
  const explain = (error: unknown) => parts.explain?.(error) ?? error;
  const state: ShellState<S> = { parts, ledger, pending, mustBeOpen, explain };

  const compile = async (graph: Graph, { fixed = {} }: CompileOptions = {}): Promise<Executable> => {
    mustBeOpen();
    const start = performance.now();
    checkGraph(graph, "before it is compiled");
    checkLimits(graph, info);
    const storages = fixedInputs(graph, fixed, ledger);
    const built = await attempt(() => parts.build(graph, storages), explain);
    const stats = { ...built.stats, compileSeconds: (performance.now() - start) / 1000 };
    const executable = shellExecutable(state, { graph, fixed, built, stats }, () => executables.delete(executable));
    executables.add(executable);
    return executable;
  };
  const upload = async (host: HostTensor): Promise<DeviceTensor> => {
    mustBeOpen();
    const { dtype, shape, data } = hostTensor(host.dtype, host.shape, host.data);
    if (!info.accepts.includes(dtype)) {
      const expected = info.accepts.join(", ");
      throw new CambiumError("E_UNSUPPORTED", `${info.backend} (${info.device}) does not accept ${dtype}`, {
        expected,
      });
    }
    const type = { dtype, shape: [...shape] };
    return ledger.add(type, await attempt(() => parts.store({ ...type, data } as HostTensor), explain));
  };
  const download = async (tensor: DeviceTensor): Promise<HostTensor> => {
    mustBeOpen();
    const { storage, release } = ledger.hold(tensor);
    return await attempt(() => parts.load(storage, tensor.type), explain).finally(release);
  };
  const shut = async (): Promise<void> => {
    open = false;
    await pending.settled();
    for (const executable of [...executables]) executable.dispose();
    ledger.clear();
    await parts.close?.();
  };
  const close = () => {
    closing ??= shut();
    return closing;
  };
  return {
    info,
    compile: (graph, options) => pending.track(compile(graph, options)),
    upload: (host) => pending.track(upload(host)),
    download: (tensor) => pending.track(download(tensor)),
    memory: async () => ({ ...ledger.stats(executables.size), ...parts.memory?.() }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The result of `work`; an error it throws is explained. `work` has started by the time this returns. */
async function attempt<T>(work: () => T | Promise<T>, explain: (error: unknown) => unknown): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(error);
  }
}
