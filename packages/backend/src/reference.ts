// The reference backend: the IR's evaluator behind a device. Slow, obvious; what every other backend is held to.
import { evaluate, type HostTensor, toHost } from "@cambium/ir";
import { checkOptions } from "./checks.js";
import type { DeviceInfo } from "./contract.js";
import { defineBackend } from "./define.js";
import { type HostEngine, hostDevice } from "./host-device.js";

const info: DeviceInfo = {
  backend: "reference",
  version: "1",
  device: "plain loops in float64, rounded to f32 after every op",
  dtypes: ["f32", "i32", "bool", "f16", "bf16"],
  composites: [],
  limits: { maxTensorBytes: Number.POSITIVE_INFINITY },
};

const engine: HostEngine<HostTensor> = {
  info,
  store: copy,
  load: (_, storage) => copy(storage),
  execute: (graph, inputs, ran) => {
    let last = performance.now();
    const onNode = ({ op }: { readonly op: { readonly name: string } }) => {
      const now = performance.now();
      ran(op.name, (now - last) / 1000);
      last = now;
    };
    return Object.fromEntries(
      Object.entries(evaluate(graph, inputs, { onNode })).map(([name, ref]) => [name, toHost(ref)]),
    );
  },
};

/** Option `profile` (boolean): record time by op. */
export const referenceBackend = defineBackend({
  name: "reference",
  async open(options = {}) {
    checkOptions("reference", options, { profile: "boolean" });
    return hostDevice(engine, options["profile"] === true);
  },
  probe: async () => [{ device: "cpu", available: true, detail: "built in; slow, for tests" }],
});

function copy(host: HostTensor): HostTensor {
  return { ...host, shape: [...host.shape], data: host.data.slice() } as HostTensor;
}
