// Layout: where each value in memory lies. State that a run replaces is updated in place where that is safe.
import { constant, type Graph, type GraphOutput, type HostTensor, numel, Uses, type Value } from "@cambium/ir";
import { planArena } from "./arena.js";
import type { Fusion } from "./fusion.js";
import type { Emitted } from "./lower.js";

export type Placement =
  | { readonly kind: "arena"; readonly buffer: number; readonly offset: number }
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly offset: number };

export interface Layout {
  place(value: Value): Placement;
  /** Bytes of the arena's buffers. */
  readonly arena: readonly number[];
  /** The constants that kernels read from memory, and the bytes of all of them. */
  readonly constants: readonly { readonly host: HostTensor; readonly offset: number }[];
  readonly constantBytes: number;
}

export interface LayoutLimits {
  /** Offsets of bindings are multiples of this many bytes. */
  readonly alignment: number;
  readonly maxBufferBytes: number;
}

/** Bytes of an element on the device: a word, or half a word for f16. */
export function elementBytes({ type }: Pick<Value, "type">): 2 | 4 {
  return type.dtype === "f16" ? 2 : 4;
}

/** Bytes of a value, or of `count` of its elements, on the device; whole words. */
export function deviceBytes(value: Pick<Value, "type">, count = numel(value.type.shape)): number {
  return 4 * Math.ceil((elementBytes(value) * count) / 4);
}

export function layOut(graph: Graph, emitted: readonly Emitted[], fusion: Fusion, limits: LayoutLimits): Layout {
  const uses = new Uses(graph);
  const align = (bytes: number) => Math.ceil(bytes / limits.alignment) * limits.alignment;
  const places = new Map<Value, Placement>();
  for (const { name, value } of graph.inputs) places.set(value, { kind: "input", name });

  const spans = new Map<Value, { from: number; to: number }>();
  const touch = (value: Value, at: number) => {
    const span = spans.get(value);
    spans.set(value, { from: span?.from ?? at, to: at });
  };
  emitted.forEach(({ reads, writes }, at) => {
    for (const value of [...writes, ...reads]) touch(value, at);
  });
  for (const { value } of graph.outputs) touch(fusion.home(value), emitted.length);

  for (const output of graph.outputs) {
    const input = safelyReplaced(graph, output, emitted, fusion);
    const home = fusion.home(output.value);
    if (input && !places.has(home)) places.set(home, { kind: "input", name: input });
  }

  const constants: { host: HostTensor; offset: number }[] = [];
  let constantBytes = 0;
  for (const value of spans.keys()) {
    const node = uses.producer(value.id);
    if (!node || !constant.is(node)) continue;
    constants.push({ host: constant.attrsOf(node).value, offset: constantBytes });
    places.set(value, { kind: "constant", offset: constantBytes });
    constantBytes += align(deviceBytes(value));
  }

  const loose = [...spans].filter(([value]) => !places.has(value));
  const plan = planArena(
    loose.map(([value, span]) => ({ ...span, bytes: deviceBytes(value) })),
    limits.alignment,
    limits.maxBufferBytes,
  );
  loose.forEach(([value], i) => {
    const { buffer, offset } = plan.places[i] as { buffer: number; offset: number };
    places.set(value, { kind: "arena", buffer, offset });
  });
  return {
    place: (value) => places.get(fusion.home(value)) as Placement,
    arena: plan.buffers,
    constants,
    constantBytes,
  };
}

/**
 * The input whose memory this output may overwrite during the run, because nothing reads the old value after that
 * write; undefined if there is none.
 */
function safelyReplaced(
  graph: Graph,
  { value, replaces }: GraphOutput,
  emitted: readonly Emitted[],
  fusion: Fusion,
): string | undefined {
  const input = graph.inputs.find(({ name }) => name === replaces)?.value;
  const home = fusion.home(value);
  if (!input) return undefined;
  const first = emitted.findIndex(({ writes }) => writes.includes(home));
  if (first < 0) return undefined;
  // The old value must not be an output under another name either.
  if (graph.outputs.some((other) => fusion.home(other.value) === input)) return undefined;
  const safe = emitted.every(
    ({ reads, writes, inPlace }, at) =>
      !reads.includes(input) || at < first || (writes.includes(home) && inPlace(home, input)),
  );
  return safe ? replaces : undefined;
}
