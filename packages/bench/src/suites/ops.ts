// Memory-bound ops, each alone over a million elements: the part of a training step that is not matrix products.
import {
  add,
  f32,
  type Graph,
  GraphBuilder,
  gather,
  type HostTensor,
  i32,
  reduceSum,
  rmsNorm,
  scatterAdd,
  softmax,
  swiglu,
  type Tensor,
  type TensorType,
  transpose,
} from "@cambium/ir";
import { prepareGraph } from "../graph-case.js";
import { againstReference } from "../parity.js";
import type { DeviceSuite } from "../suite.js";
import { filled, filledIds } from "./shared/filled.js";

interface OpCase {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

/** The cases by name, made for a number of rows and columns. */
const cases: Readonly<Record<string, (rows: number, columns: number) => OpCase>> = {
  add: (rows, columns) => {
    const type = f32(rows, columns);
    return made({ a: matrix("a", type), b: matrix("b", type) }, (g) => add(g.input("a", type), g.input("b", type)));
  },
  softmax: (rows, columns) => {
    const type = f32(rows, columns);
    return made({ x: matrix("x", type) }, (g) => softmax(g.input("x", type)));
  },
  rmsNorm: (rows, columns) => {
    const [type, weight] = [f32(rows, columns), f32(columns)];
    return made({ x: matrix("x", type), weight: matrix("weight", weight) }, (g) => {
      return rmsNorm(g.input("x", type), g.input("weight", weight), { eps: 1e-5 })[0];
    });
  },
  swiglu: (rows, columns) => {
    const type = f32(rows, columns);
    return made({ a: matrix("a", type), b: matrix("b", type) }, (g) => swiglu(g.input("a", type), g.input("b", type)));
  },
  transpose: (rows, columns) => {
    const type = f32(rows, columns);
    return made({ x: matrix("x", type) }, (g) => transpose(g.input("x", type), { permutation: [1, 0] }));
  },
  sumOfRows: (rows, columns) => {
    const type = f32(rows, columns);
    return made({ x: matrix("x", type) }, (g) => reduceSum(g.input("x", type), { axes: [0] }));
  },
  gather: (rows, columns) => {
    const [type, ids] = [f32(rows, columns), i32(rows)];
    return made({ table: matrix("table", type), ids: filledIds("ids", [rows], rows) }, (g) =>
      gather(g.input("table", type), g.input("ids", ids)),
    );
  },
  // Many rows are added to each target row, as in the gradient of an embedding.
  scatterAdd: (rows, columns) => {
    const [type, ids, into] = [f32(rows, columns), i32(rows), Math.ceil(rows / 8)];
    return made({ x: matrix("x", type), ids: filledIds("ids", [rows], into) }, (g) =>
      scatterAdd(g.input("x", type), g.input("ids", ids), { rows: into }),
    );
  },
};

/** Sums of 2048 terms in f32, times functions with errors of a few units. */
const tolerance = 1e-4;

export const ops: DeviceSuite = {
  name: "ops",
  summary: "memory-bound ops, each alone",
  unit: "GB/s",
  bound: "stream",
  on: "device",
  cases: (quick) =>
    Object.keys(cases)
      .slice(0, quick ? 3 : undefined)
      .map((name) => ({ name, size: { rows: 2048, columns: 512 } })),
  prepare({ name, size: { rows = 1, columns = 1 } }, device) {
    const { graph, inputs } = (cases[name] as (typeof cases)[string])(rows, columns);
    return prepareGraph(device, { graph, inputs, parity: (got) => againstReference(graph, inputs, got, tolerance) });
  },
};

function matrix(seed: string, { shape }: TensorType): HostTensor {
  return filled(seed, shape);
}

function made(inputs: OpCase["inputs"], build: (builder: GraphBuilder) => Tensor): OpCase {
  const builder = new GraphBuilder();
  builder.output("y", build(builder));
  return { graph: builder.finish(), inputs };
}
