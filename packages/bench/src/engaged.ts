// What really ran a case: told by the graphs that it had its device compile, and by the device.
import type { Device, Executable, Engaged as Told } from "@cambium/backend";
import { type Graph, type HalfDType, isHalf } from "@cambium/ir";

/** What really ran. */
export interface Engaged {
  /** Composites of the case that the device compiled itself, to one kernel or several. */
  readonly fused: readonly string[];
  /** Composites of the case that were decomposed for it. */
  readonly decomposed: readonly string[];
  /** Kernels that one run launches; null if the case is more than one graph. */
  readonly launches: number | null;
  /** The precision of the case's tensors. */
  readonly precision: string;
  /** Half dtypes of the case that the device stores in their own width. */
  readonly half: readonly HalfDType[];
  /** How a run repeats; null if not told. Of several graphs the least of theirs. */
  readonly replay: Told["replay"] | null;
  /** How attention is computed; null if the case has none as one node, or if not told. */
  readonly attention: "fused" | "composed" | null;
  /** What else kernels use, in the words of the backend. */
  readonly features: readonly string[];
}

/** For work without a graph of ours. */
export const plain: Engaged = {
  ...{ fused: [], decomposed: [], launches: null, precision: "f32" },
  ...{ half: [], replay: null, attention: null, features: [] },
};

/** From the least to the most that is known in advance. */
const replays = ["interpreted", "plan", "captured"] as const;

/** Calls `seen` with everything that the device compiles from now on. */
export function watchCompiles(device: Device, seen: (graph: Graph, executable: Executable) => void): void {
  const compile = device.compile.bind(device);
  device.compile = async (graph, options) => {
    const executable = await compile(graph, options);
    seen(graph, executable);
    return executable;
  };
}

/** Watches what a device compiles. @returns tells what all of it engages so far */
export function engagement(device: Device): () => Engaged {
  const { composites, computes } = device.info;
  const [names, dtypes, features] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const told: Told[] = [];
  const launches: number[] = [];
  watchCompiles(device, ({ inputs, nodes }, { stats }) => {
    for (const { op } of nodes) if (op.kind === "composite") names.add(op.name);
    for (const { value } of inputs) dtypes.add(value.type.dtype);
    for (const { type } of nodes.flatMap(({ outputs }) => outputs)) dtypes.add(type.dtype);
    launches.push(stats.nodes);
    if (!stats.engaged) return;
    told.push(stats.engaged);
    for (const feature of stats.engaged.features ?? []) features.add(feature);
  });
  return () => {
    const sorted = [...names].sort();
    const attends = told.flatMap(({ attention }) => attention ?? []);
    return {
      fused: sorted.filter((name) => composites.includes(name)),
      decomposed: sorted.filter((name) => !composites.includes(name)),
      launches: launches.length === 1 ? (launches[0] as number) : null,
      precision: dtypes.has("f16") ? "mixed" : dtypes.has("bf16") ? "bf16" : "f32",
      half: computes.filter(isHalf).filter((dtype) => dtypes.has(dtype)),
      replay: replays.find((one) => told.some(({ replay }) => replay === one)) ?? null,
      attention: attends.includes("composed") ? "composed" : (attends[0] ?? null),
      features: [...features],
    };
  };
}
