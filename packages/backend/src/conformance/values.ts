// Comparing values in cases that also run on a device that computes none: there only what exists is checked.
import type { Graph, HostTensor } from "@cambium/ir";
import { assertOutputs, assertSameBits, assertThat, type HostTensors } from "./agree.js";
import { vector } from "./small-graphs.js";

export interface Values {
  /** Whether the device computes and keeps values. */
  readonly computed: boolean;
  /** @throws Error unless `got` is there and, on a device that computes, has the bits of `want` (a list: an f32 vector). */
  same(got: HostTensor | undefined, want: HostTensor | readonly number[], label: string): void;
  /** @throws Error unless every output of `graph` is there and, on a device that computes, is the reference's. */
  outputs(got: HostTensors, graph: Graph, inputs: HostTensors): void;
}

export function valuesOf(computed: boolean): Values {
  return {
    computed,
    same(got, want, label) {
      if (!got) throw new Error(`${label} is missing`);
      if (computed) assertSameBits(got, "data" in want ? want : vector(...want), label);
    },
    outputs(got, graph, inputs) {
      if (computed) assertOutputs(got, graph, inputs);
      else
        assertThat(
          graph.outputs.every(({ name }) => name in got),
          "every output must be there",
        );
    },
  };
}
