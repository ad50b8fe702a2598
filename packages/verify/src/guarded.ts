// A device that keeps its contract towards the check: an error of the backend's own, no answer, and an answer of another
// form are each an error that names the backend and what it was asked.
import type { Backend, BackendOptions, Device, Executable } from "@cambium/backend";
import { CambiumError, type Graph, type HostTensor, numel, type TensorType } from "@cambium/ir";

/** Errors that it adds have the code `E_BACKEND_FAILED`. */
export interface Guard {
  /** Name of the backend. */
  readonly backend: string;
  /** Seconds that one answer may take. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a device of a backend, and guards it. @throws CambiumError as `Backend.open` */
export async function openGuarded(backend: Backend, options: BackendOptions, guard: Guard): Promise<Device> {
  return guarded(await answer("to open a device", () => backend.open(options), guard), guard);
}

/** Seconds that closing may take after a failure: a device that hangs does not close either. */
const closing = 2;

function guarded(device: Device, guard: Guard): Device {
  let broken = false;
  const ask = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await answer(what, work, guard);
    } catch (error) {
      broken = true;
      throw error;
    }
  };
  const close = async () => {
    if (!broken) return await answer("to close", () => device.close(), guard);
    await answer("to close", () => device.close(), { ...guard, patience: closing }).catch(() => {});
  };
  return {
    info: device.info,
    compile: async (graph, options) => {
      const executable = await ask("to compile a graph", () => device.compile(graph, options));
      return guardedExecutable(executable, graph, guard, ask);
    },
    upload: (host) => ask("to upload a tensor", () => device.upload(host)),
    download: async (tensor) => {
      const host = await ask("to download a tensor", () => device.download(tensor));
      requireForm("a downloaded tensor", tensor.type, host, guard);
      return host;
    },
    memory: () => ask("for its memory", () => device.memory()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function guardedExecutable(
  executable: Executable,
  graph: Graph,
  guard: Guard,
  ask: <T>(what: string, work: () => Promise<T>) => Promise<T>,
): Executable {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map(({ id }) => [id, node] as const)));
  const types = graph.outputs.map(({ name, value }) => {
    const { op, scope } = makers.get(value.id) ?? {};
    const where = op ? `the result of ${op.name}${scope === undefined ? "" : ` in ${scope}`}` : `the output ${name}`;
    return { name, type: value.type, where };
  });
  const dispose = () => executable.dispose();
  return {
    stats: executable.stats,
    profile: () => executable.profile(),
    dispose,
    [Symbol.dispose]: dispose,
    run: async (inputs, options = {}) => {
      const { fetch = [] } = options;
      const { outputs, fetched } = await ask("to run a graph", () => executable.run(inputs, options));
      for (const { name, type, where } of types)
        if (!fetch.includes(name)) requireType(where, type, outputs[name]?.type, guard);
      if (fetch.length === 0) return { outputs, fetched };
      const checked = ask("to run a graph", () => fetched).then((got) => {
        for (const { name, type, where } of types) if (fetch.includes(name)) requireForm(where, type, got[name], guard);
        return got;
      });
      // Whoever awaits it hears of a failure.
      checked.catch(() => {});
      return { outputs, fetched: checked };
    },
  };
}

/** The answer to `work`, in time. @throws CambiumError what the backend throws, or `E_BACKEND_FAILED` */
async function answer<T>(what: string, work: () => Promise<T>, guard: Guard): Promise<T> {
  const { backend, patience, signal } = guard;
  const stop: { timer?: ReturnType<typeof setTimeout>; listener?: () => void } = {};
  const late = new Promise<never>((_, reject) => {
    const failed = () =>
      reject(
        new CambiumError("E_BACKEND_FAILED", `the backend ${backend} did not answer when asked ${what}`, {
          ...{ expected: `an answer within ${patience} s`, got: "none" },
          hint: "more patience (--patience SECONDS), if this device is slow",
        }),
      );
    stop.timer = setTimeout(failed, 1000 * patience);
    stop.listener = () => reject(signal?.reason);
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", stop.listener);
  });
  try {
    return await Promise.race([(async () => await work())(), late]);
  } catch (error) {
    if (error instanceof CambiumError || signal?.aborted) throw error;
    throw new CambiumError("E_BACKEND_FAILED", `the backend ${backend} failed when asked ${what}`, {
      ...{ got: said(error), hint: "report it to the author of the backend", cause: error },
    });
  } finally {
    clearTimeout(stop.timer);
    if (stop.listener) signal?.removeEventListener("abort", stop.listener);
  }
}

/** What was thrown, and the line that threw it. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [place = ""] = /^ +at .*$/m.exec(error.stack ?? "") ?? [];
  return `${error.name}: ${error.message}${place === "" ? "" : `, ${place.trim()}`}`;
}

function requireForm(where: string, type: TensorType, host: HostTensor | undefined, guard: Guard): void {
  requireType(where, type, host, guard);
  const [expected, got] = [numel(type.shape), host?.data.length];
  if (expected !== got) throw misfit(where, `${expected} elements`, `${got} elements`, guard);
}

function requireType(where: string, type: TensorType, got: TensorType | undefined, guard: Guard): void {
  const text = (one: TensorType) => `${one.dtype}[${one.shape}]`;
  if (!got) throw misfit(where, text(type), "nothing", guard);
  if (text(got) !== text(type)) throw misfit(where, text(type), text(got), guard);
}

function misfit(where: string, expected: string, got: string, { backend }: Guard): CambiumError {
  return new CambiumError("E_BACKEND_FAILED", `the backend ${backend} gave a tensor of another form`, {
    ...{ where, expected, got },
  });
}
