// Finds a minimal part of a graph on which a device still departs from the reference: first the shortest stretch of
// nodes, then delta debugging removes nodes group by group (Zeller & Hildebrandt 2002, "Simplifying and Isolating
// Failure-Inducing Input").
import type { Device } from "@cambium/backend";
import { type Departure, departure } from "@cambium/backend/conformance/cases";
import { CambiumError, type Graph, type Node, type RefTensor } from "@cambium/ir";
import { type Region, regionOf } from "./region.js";

export interface Shrunk {
  readonly region: Region;
  readonly departure: Departure;
  /** The node whose output is off. */
  readonly node: Node;
}

export interface ShrinkOptions {
  /** A node that may show the fault alone; it is tried first. */
  readonly suspect?: Node | undefined;
  /** Called before each try with the number of nodes of the smallest part so far. */
  readonly onTry?: ((nodes: number) => void) | undefined;
}

/** @returns null if not even the whole graph departs */
export async function shrink(
  device: Device,
  graph: Graph,
  values: ReadonlyMap<number, RefTensor>,
  { suspect, onTry }: ShrinkOptions = {},
): Promise<Shrunk | null> {
  let best: Shrunk | null = null;
  const departs = async (nodes: readonly Node[]): Promise<boolean> => {
    if (nodes.length === 0) return false;
    onTry?.(best?.region.graph.nodes.length ?? graph.nodes.length);
    const found = await tryRegion(device, regionOf(graph, new Set(nodes), values));
    if (found) best = found;
    return found !== null;
  };
  if (suspect && (await departs([suspect]))) return best;
  const { nodes } = graph;
  if (!(await departs(nodes))) return null;
  const end = await shortest(nodes.length, (length) => departs(nodes.slice(0, length)));
  const length = await shortest(end, (last) => departs(nodes.slice(end - last, end)));
  await leaveOut(nodes.slice(end - length, end), departs);
  return best;
}

async function tryRegion(device: Device, region: Region): Promise<Shrunk | null> {
  try {
    const found = await departure(device, region.graph, region.inputs);
    return found && { region, departure: found, node: region.makers.get(found.output) as Node };
  } catch (error) {
    // A part that the device refuses does not count as departing.
    if (error instanceof CambiumError && ["E_UNSUPPORTED", "E_LIMIT"].includes(error.code)) return null;
    throw error;
  }
}

/** The least length at which `departs` holds, by bisection; it must hold at `length`. */
async function shortest(length: number, departs: (length: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, length];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await departs(middle)) high = middle;
    else low = middle;
  }
  return high;
}

async function leaveOut(nodes: readonly Node[], departs: (nodes: readonly Node[]) => Promise<boolean>): Promise<void> {
  let held = nodes;
  for (let size = Math.ceil(held.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < held.length && held.length > 1; ) {
      const rest = [...held.slice(0, from), ...held.slice(from + size)];
      if (rest.length > 0 && (await departs(rest))) held = rest;
      else from += size;
    }
  }
}
