// Compares a node's kernels, one at a time and unfused, with the reference evaluator in float64.
import { applyReference, type HostTensor, type Node, type RefTensor, refTensor, type Value } from "@cambium/ir";
import { expect } from "vitest";
import type { KernelLowering } from "../../src/lower/lowering.js";
import type { DeviceTraits } from "../../src/lower/traits.js";
import { lowered } from "./lowered.js";
import { Prepared } from "./prepared.js";

/** 2⁻²⁴, the rounding of one float32 operation. */
export const unit = 2 ** -24;

/**
 * Runs the kernels twice: both runs give the same bits, and each element is within `within` of the reference's.
 * @param within the bound for an output, given its exact values
 */
export async function expectAgreement(
  device: GPUDevice,
  lowering: KernelLowering,
  node: Node,
  inputs: readonly HostTensor[],
  traits: DeviceTraits,
  within: (output: number, exact: RefTensor) => number,
): Promise<void> {
  const wanted = applyReference(node, inputs.map(refTensor), "f64");
  const prepared = await Prepared.of(device, lowered(lowering, node, traits), node, inputs);
  try {
    await prepared.run();
    const first = await Promise.all(node.outputs.map((value: Value) => prepared.read(value)));
    await prepared.run(3);
    for (const [i, exact] of wanted.entries()) {
      const got = first[i] as Float32Array;
      const again = await prepared.read(node.outputs[i] as Value);
      expect(new Uint32Array(again.buffer)).toEqual(new Uint32Array(got.buffer));
      const bound = within(i, exact);
      const wrong = got.findIndex((x, at) => !(Math.abs(x - (exact.data[at] as number)) <= bound));
      if (wrong >= 0)
        expect.fail(`output ${i}, element ${wrong}: ${got[wrong]} is not ${exact.data[wrong]} within ${bound}`);
    }
  } finally {
    prepared.destroy();
  }
}

export function largest({ data }: RefTensor): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
