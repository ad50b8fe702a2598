// The null backend: types, plans and bookkeeping only. Nothing is computed or stored; every tensor reads as zeros.
import { hostTensor } from "@cambium/ir";
import { checkOptions } from "./checks.js";
import { defineBackend } from "./define.js";
import { type HostEngine, hostDevice } from "./host-device.js";

const engine: HostEngine<null> = {
  info: {
    backend: "null",
    version: "1",
    device: "none: plans graphs, computes nothing",
    dtypes: ["f32", "i32", "bool", "f16", "bf16"],
    composites: [],
    limits: { maxTensorBytes: Number.POSITIVE_INFINITY },
  },
  store: () => null,
  load: ({ dtype, shape }) => hostTensor(dtype, shape),
  execute: (graph, _, ran) => {
    for (const { op } of graph.nodes) ran(op.name, 0);
    return Object.fromEntries(graph.outputs.map(({ name }) => [name, null]));
  },
};

/** Option `profile` (boolean): count nodes by op. A graph of any size costs no memory here. */
export const nullBackend = defineBackend({
  name: "null",
  async open(options = {}) {
    checkOptions("null", options, { profile: "boolean" });
    return hostDevice(engine, options["profile"] === true);
  },
  probe: async () => [{ device: "none", available: true, detail: "built in; computes nothing" }],
});
