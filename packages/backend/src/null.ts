// The null backend: types, plans and bookkeeping only. It computes and stores nothing; every tensor is read as zeros.
import { type Graph, hostTensor, liveness } from "@cambium/ir";
import { checkOptions } from "./checks.js";
import type { DeviceInfo } from "./contract.js";
import { defineBackend } from "./define.js";
import type { BuiltGraph } from "./device-parts.js";
import { deviceShell } from "./device-shell.js";
import { OpTimes } from "./op-times.js";

const info: DeviceInfo = {
  backend: "null",
  version: "1",
  device: "none: plans graphs, computes nothing",
  accepts: ["f32", "i32", "bool", "f16", "bf16"],
  computes: ["f32", "i32", "bool", "f16", "bf16"],
  composites: [],
  limits: { maxTensorBytes: Number.POSITIVE_INFINITY },
};

/** Option `profile` (boolean): count nodes by op. A graph of any size costs no memory here. */
export const nullBackend = defineBackend({
  name: "null",
  async open(options = {}) {
    checkOptions("null", options, { profile: "boolean" });
    return deviceShell<null>({
      info,
      store: () => null,
      load: (_, { dtype, shape }) => hostTensor(dtype, shape),
      free: () => {},
      build: (graph) => build(graph, options["profile"] === true),
    });
  },
  probe: async () => [{ device: "none", available: true, detail: "built in; computes nothing" }],
});

function build(graph: Graph, profile: boolean): BuiltGraph<null> {
  const times = new OpTimes();
  return {
    stats: { nodes: graph.nodes.length, plannedBytes: liveness(graph).peakBytes, engaged: { replay: "interpreted" } },
    run() {
      if (profile) for (const { op } of graph.nodes) times.add(op.name, 0);
      return { outputs: Object.fromEntries(graph.outputs.map(({ name }) => [name, null])) };
    },
    ...(profile && { profile: () => times.entries() }),
  };
}
