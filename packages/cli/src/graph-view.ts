// A model's graph for `cambium inspect`: the code a backend generates for it, and the time its kernels take.
import { writeFile } from "node:fs/promises";
import { type Executable, type ProfileEntry, resolveBackend, type TimelineEntry } from "@cambium/backend";
import { withFileErrors } from "@cambium/files";
import { CambiumError, type Graph, type HostTensor, hostTensor, Random } from "@cambium/ir";
import { initParameters, type ModelSpec, sizesAlong } from "@cambium/model";
import type { Recipe } from "@cambium/recipe";
import { milliseconds } from "./format.js";
import type { Host } from "./host.js";

/** Runs after the warm-up run. */
const runs = 5;

/** Opens the backend, compiles `graph`, passes the executable to `use`, and closes everything afterwards. */
export async function onBackend<T>(
  graph: Graph,
  { name, options }: NonNullable<Recipe["backend"]>,
  host: Host,
  use: (executable: Executable) => Promise<T>,
): Promise<T> {
  const backend = await resolveBackend(name, host.importer(process.cwd()));
  await using device = await backend.open(options);
  using executable = await device.compile(graph);
  return await use(executable);
}

/** The code that the backend generated. @throws CambiumError `E_UNSUPPORTED` if the backend has none to show */
export function sourceOf(executable: Executable, backend: string): string {
  const text = executable.source?.();
  if (text !== undefined) return text;
  throw new CambiumError("E_UNSUPPORTED", `the ${backend} backend has no source to show`, { hint: "--backend webgpu" });
}

export interface GraphProfile {
  readonly runs: number;
  /** Seconds over all runs by kind of kernel, slowest first. */
  readonly ops: readonly ProfileEntry[];
  readonly timeline: readonly TimelineEntry[];
}

/** Runs the graph with the model's initial weights and random tokens. */
export async function profileGraph(executable: Executable, graph: Graph, model: ModelSpec): Promise<GraphProfile> {
  const inputs = inputsOf(graph, model);
  for (let run = 0; run <= runs; run++) {
    const { outputs, fetched } = await executable.run(inputs, { fetch: ["loss"] });
    await fetched;
    for (const tensor of Object.values(outputs)) tensor.dispose();
  }
  return { runs: runs + 1, ops: (await executable.profile()) ?? [], timeline: executable.timeline?.() ?? [] };
}

export function profileText({ runs: count, ops }: GraphProfile): string {
  const total = ops.reduce((sum, { seconds }) => sum + seconds, 0);
  const several = new Set(ops.map(({ provider }) => provider)).size > 1;
  const rows = ops.map(
    ({ op, provider, count: launched, seconds }) =>
      `${((100 * seconds) / total).toFixed(1).padStart(5)} %  ${milliseconds(seconds / count).padStart(9)}  ${String(launched / count).padStart(5)}×  ${op}${several && provider !== undefined ? `, ${provider}` : ""}`,
  );
  return [
    `share   a run      launched  kernel   (${milliseconds(total / count)} a run, mean of ${count})`,
    ...rows,
  ].join("\n");
}

/** Writes the last run's kernels in the Trace Event Format of chrome://tracing and Perfetto, with times in µs. */
export async function writeTrace(path: string, timeline: readonly TimelineEntry[]): Promise<void> {
  const traceEvents = timeline.map(({ name, scope, start, seconds }) => {
    return { name, cat: scope ?? "", ph: "X", ts: 1e6 * start, dur: 1e6 * seconds, pid: 1, tid: 1, args: { scope } };
  });
  await withFileErrors(path, () => writeFile(path, JSON.stringify({ traceEvents, displayTimeUnit: "ms" })));
}

function inputsOf(graph: Graph, model: ModelSpec): Record<string, HostTensor> {
  const parameters = initParameters(model, { seed: "inspect", scheme: "hf" });
  const { vocab } = sizesAlong(model, ["vocab"]);
  const random = new Random("inspect");
  return Object.fromEntries(
    graph.inputs.map(({ name, value: { type } }) => {
      const { dtype, shape } = type;
      const known = parameters[name];
      if (known) return [name, known];
      const host = hostTensor(dtype, shape);
      if (name === "tokens") host.data.forEach((_, i) => (host.data[i] = random.word(i) % vocab));
      if (name === "step" || name === "lossScale") host.data[0] = 1;
      return [name, host];
    }),
  );
}
