// Faulty devices, made from the reference with one wrong lowering.
import { type Backend, type Device, defineBackend, referenceBackend } from "@cambium/backend";
import { decompose, type Graph, hostTensor, type Node, type PrimitiveOp } from "@cambium/ir";
import { llama, modelSpec } from "@cambium/model";
import { Expected, livelyParameters, subjectOf } from "../src/index.js";

export const model = modelSpec(llama, {
  vocab: 24,
  hidden: 16,
  intermediate: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  contextLength: 16,
});

/** @param loud factor on the weights whose outputs are multiplied in the gated MLP */
export function expectedOf(steps: number, loud = 1): Expected {
  const parameters = Object.fromEntries(
    Object.entries(livelyParameters(model)).map(([name, tensor]) => {
      if (!/gate_proj|up_proj/.test(name)) return [name, tensor];
      return [
        name,
        hostTensor(
          "f32",
          tensor.shape,
          Array.from(tensor.data, (x) => loud * x),
        ),
      ];
    }),
  );
  return new Expected(subjectOf({ name: "tiny", model, parameters, batch: 1, context: 6, steps, precision: "f32" }));
}

/** The wrong evaluation of a node, or null for the correct one. */
export type Lowering = (node: Node, graph: Graph) => PrimitiveOp["evaluate"] | null;

/** The reference backend with a wrong lowering. */
export function withLowering(lowering: Lowering): Backend {
  return defineBackend({
    name: "faulty",
    async open() {
      const device = await referenceBackend.open();
      return { ...device, ...compiling(device, lowering) };
    },
    probe: async () => [{ device: "cpu", available: true, detail: "for tests" }],
  });
}

function compiling(device: Device, lowering: Lowering): Pick<Device, "compile" | "info"> {
  return {
    info: { ...device.info, backend: "faulty" },
    compile: (graph) => {
      const plain = decompose(graph);
      const nodes = plain.nodes.map((node) => {
        const evaluate = node.op.kind === "primitive" && lowering(node, plain);
        return evaluate ? { ...node, op: { ...(node.op as PrimitiveOp), evaluate } } : node;
      });
      return device.compile({ ...plain, nodes });
    },
  };
}
