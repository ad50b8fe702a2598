// Compares values in cases that also run on a device that computes none; there only their presence is checked.
import type { Graph, HostTensor } from "@cambium/ir";
import { assertOutputs, assertSameBits, assertThat, type HostTensors } from "./agree.js";
import { vector } from "./small-graphs.js";

export interface Values {
  /** Whether the device computes and stores values. */
  readonly computed: boolean;
  /**
   * @throws Error if `got` is missing or, on a device that computes, differs in a bit from `want` (a list: f32 vector).
   */
  same(got: HostTensor | undefined, want: HostTensor | readonly number[], label: string): void;
  /**
   * @throws Error if an output of `graph` is missing or, on a device that computes, does not agree with the reference.
   */
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
          "an output is missing",
        );
    },
  };
}
