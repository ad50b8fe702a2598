// A kept case: a graph and its inputs as JSON, on which a device once differed from the reference.
import {
  CambiumError,
  expectGraph,
  type Graph,
  type GraphJson,
  graphFromJson,
  graphToJson,
  type HostTensor,
  refTensor,
  type TensorJson,
  tensorFromJson,
  tensorToJson,
} from "@cambium/ir";
import type { Device } from "../contract.js";
import { type HostTensors, runUploaded } from "./agree.js";
import type { ConformanceCase } from "./case.js";
import { compare, type Deviation } from "./compare.js";
import { accepts } from "./dtypes.js";

/** Version of the format below. */
const keptVersion = 1;

/** Written by `cambium verify --bisect`; `describeBackend` runs it as one of `cases`. */
export interface KeptCase {
  readonly cambiumCase: number;
  /** The test's name. */
  readonly name: string;
  readonly graph: GraphJson;
  readonly inputs: Readonly<Record<string, TensorJson>>;
}

/** The first of the graph's outputs that is not within its bounds around float64, with its deviation. */
export interface Departure extends Deviation {
  readonly output: string;
}

export function keepCase(name: string, graph: Graph, inputs: HostTensors): KeptCase {
  const tensors = Object.entries(inputs).map(([input, host]) => [input, tensorToJson(host)]);
  return { cambiumCase: keptVersion, name, graph: graphToJson(graph), inputs: Object.fromEntries(tensors) };
}

/**
 * A kept case as a case of the suite.
 * @throws CambiumError `E_CASE` for JSON of another kind or version, `E_GRAPH` for a graph that this version cannot
 * read.
 * @example describeBackend(backend, { cases: [keptCase(JSON.parse(readFileSync("rope.json", "utf8")))] });
 */
export function keptCase(json: KeptCase): ConformanceCase {
  if (json?.cambiumCase !== keptVersion || typeof json.name !== "string") {
    throw new CambiumError("E_CASE", "this is not a case written by cambium verify", {
      expected: `"cambiumCase": ${keptVersion}, with a name, a graph and inputs`,
      got: `"cambiumCase": ${JSON.stringify(json?.cambiumCase)}`,
      hint: "cambium verify --bisect writes one",
    });
  }
  const graph = graphFromJson(json.graph);
  const inputs = Object.fromEntries(
    Object.entries(json.inputs).map(([name, tensor]) => [name, tensorFromJson(tensor)]),
  );
  return {
    part: "values",
    name: json.name,
    run: async (device) => {
      if (!(await accepts(device, graph))) return;
      const found = await departure(device, graph, inputs);
      if (!found) return;
      const { output, element, got, expected, error, tolerance, count } = found;
      throw new Error(
        `${output}[${element}] is ${got}, not ${expected}: off by ${error}, allowed ${tolerance}; ${count} elements are off`,
      );
    },
  };
}

/** Runs `graph` once with device tensors and compares it with float64; null if the device agrees. */
export async function departure(device: Device, graph: Graph, inputs: HostTensors): Promise<Departure | null> {
  const got = await runUploaded(device, graph, inputs);
  const want = expectGraph(graph, inputs);
  for (const { name } of graph.outputs) {
    const { exact, allowed } = want[name] as (typeof want)[string];
    const { deviation } = compare(refTensor(got[name] as HostTensor), exact, allowed);
    if (deviation) return { output: name, ...deviation };
  }
  return null;
}
