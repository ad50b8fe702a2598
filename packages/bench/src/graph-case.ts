// A case that is one graph: compiled, run with inputs in device memory, compared with the reference.
import type { Device, DeviceTensor } from "@cambium/backend";
import { type Graph, graphCost, type HostTensor } from "@cambium/ir";
import type { Parity } from "./parity.js";
import type { Prepared } from "./suite.js";

export interface GraphCase {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Compares all outputs. */
  readonly parity: (outputs: Readonly<Record<string, HostTensor>>) => Parity;
}

export async function prepareGraph(device: Device, { graph, inputs, parity }: GraphCase): Promise<Prepared> {
  const { flops, bytes } = graphCost(graph);
  const executable = await device.compile(graph);
  const held: Record<string, DeviceTensor> = {};
  for (const [name, host] of Object.entries(inputs)) held[name] = await device.upload(host);
  return {
    work: { flops, bytes },
    async turn(count) {
      const seconds: number[] = [];
      for (let i = 0; i < count; i++) {
        const began = performance.now();
        const { outputs, fetched } = await executable.run(held);
        await fetched;
        seconds.push((performance.now() - began) / 1000);
        for (const tensor of Object.values(outputs)) tensor.dispose();
      }
      return seconds;
    },
    async parity() {
      const { fetched } = await executable.run(held, { fetch: graph.outputs.map(({ name }) => name) });
      return parity(await fetched);
    },
    dispose() {
      executable.dispose();
      for (const tensor of Object.values(held)) tensor.dispose();
    },
  };
}
