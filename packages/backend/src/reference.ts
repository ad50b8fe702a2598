// The reference backend: the IR's evaluator as a device. Slow and obvious; every other backend is compared with it.
import { evaluate, type Graph, type HostTensor, liveness, toHost } from "@cambium/ir";
import { checkOptions } from "./checks.js";
import type { DeviceInfo } from "./contract.js";
import { defineBackend } from "./define.js";
import type { BuiltGraph } from "./device-parts.js";
import { deviceShell } from "./device-shell.js";
import { OpTimes } from "./op-times.js";

const info: DeviceInfo = {
  backend: "reference",
  version: "1",
  device: "plain loops in float64, rounded to f32 after every op",
  accepts: ["f32", "i32", "bool", "f16", "bf16"],
  computes: ["f32", "i32", "bool", "f16", "bf16"],
  composites: [],
  limits: { maxTensorBytes: Number.POSITIVE_INFINITY },
};

/** Option `profile` (boolean): record time by op. */
export const referenceBackend = defineBackend({
  name: "reference",
  async open(options = {}) {
    checkOptions("reference", options, { profile: "boolean" });
    const profile = options["profile"] === true;
    return deviceShell({ info, store: copy, load: copy, free: () => {}, build: (graph) => build(graph, profile) });
  },
  probe: async () => [{ device: "cpu", available: true, detail: "built in; slow, for tests" }],
});

function build(graph: Graph, profile: boolean): BuiltGraph<HostTensor> {
  const times = new OpTimes();
  return {
    stats: { nodes: graph.nodes.length, plannedBytes: liveness(graph).peakBytes, engaged: { replay: "interpreted" } },
    run(inputs) {
      const bound = inputs.map(({ name, storage, host }): [string, HostTensor] => [name, storage ?? copy(host)]);
      let last = performance.now();
      const onNode = ({ op }: { readonly op: { readonly name: string } }) => {
        const now = performance.now();
        times.add(op.name, (now - last) / 1000);
        last = now;
      };
      const results = evaluate(graph, Object.fromEntries(bound), profile ? { onNode } : {});
      return { outputs: Object.fromEntries(Object.entries(results).map(([name, ref]) => [name, toHost(ref)])) };
    },
    ...(profile && { profile: () => times.entries() }),
  };
}

function copy(host: HostTensor): HostTensor {
  return { ...host, shape: [...host.shape], data: host.data.slice() } as HostTensor;
}
