// A graph in the worker as the main thread sees it: runs are sent there, and fetched outputs come back with the answer.
import type { BuiltGraph, Engaged } from "@cambium/backend";
import type { Graph, HostData, HostTensor } from "@cambium/ir";
import { compileGraph } from "../compile/compile.js";
import type { Plan } from "../plan.js";
import type { RunInput, TensorId } from "../protocol.js";
import type { Engine } from "./engine.js";

/** Compiles `graph` here and sends its plan to the worker. */
export async function buildGraph(
  engine: Engine,
  graph: Graph,
  fixed: Readonly<Record<string, TensorId>>,
): Promise<BuiltGraph<TensorId>> {
  const { client, options } = engine;
  const { threads, profile } = options;
  const { plan, nodes, plannedBytes, attention } = compileGraph(graph, { threads, fixed: new Set(Object.keys(fixed)) });
  const executable = engine.newExecutable();
  const models = plan.steps.flatMap((step) => (step.kind === "session" ? [step.model.buffer] : []));
  await client.call("compile", { executable, plan, fixed }, models);
  return {
    stats: { nodes, plannedBytes, engaged: engagedBy(plan, options, attention) },
    run(inputs, fetch) {
      const free = inputs.filter(({ name }) => !Object.hasOwn(fixed, name));
      const bindings = free.map(({ name, storage, host }): [string, RunInput] => [
        name,
        host ? { data: host.data } : { tensor: storage },
      ]);
      const staying = graph.outputs.filter(({ name }) => !fetch.includes(name));
      const keep = Object.fromEntries(staying.map(({ name }) => [name, engine.newTensor()]));
      // The worker answers requests in order, so whatever is sent from here on may already use the ids in `keep`.
      const answer = client.call("run", { executable, bindings: Object.fromEntries(bindings), keep, fetch });
      return { outputs: keep, fetched: answer.then((data) => hostTensors(graph, data)) };
    },
    ...(profile && { profile: () => client.call("profile", { executable }) }),
    dispose: () => client.notify({ release: executable }),
  };
}

function engagedBy({ steps }: Plan, { provider }: Engine["options"], attention: Engaged["attention"]): Engaged {
  const sessions = steps.filter(({ kind }) => kind === "session").length;
  return {
    replay: "plan",
    ...(attention && { attention }),
    features: [
      `provider ${provider}`,
      `${sessions} session${sessions === 1 ? "" : "s"}`,
      ...(sessions < steps.length ? ["Cambium's kernels"] : []),
    ],
  };
}

/** The outputs that came back. */
function hostTensors(graph: Graph, data: Readonly<Record<string, HostData>>): Record<string, HostTensor> {
  const fetched = graph.outputs.filter(({ name }) => Object.hasOwn(data, name));
  return Object.fromEntries(
    fetched.map(({ name, value }) => [name, { ...value.type, data: data[name] } as HostTensor]),
  );
}
