// A Llama of about a given number of parameters, in usual proportions.
import { CambiumError } from "@cambium/ir";
import { countParameters, llama, type ModelSpec, modelSpec } from "@cambium/model";
import { requirePositive } from "../input.js";

export interface ShapeOptions {
  readonly vocab: number;
  readonly context: number;
}

/** Layers per 64 of hidden size; published models of this family have 0.5 (7B) to 1.5 (0.4B). */
const aspects = { least: 0.4, usual: 0.7, most: 1.6 };
/** Weight of an unusual shape relative to a wrong size. */
const proportion = 0.05;
/** The most by which a shape's size may differ from what was asked for, as a ratio. */
const tolerance = 1.25;

/**
 * A shape of usual proportions with about `parameters` parameters: heads of 64, more than 8 of them in multiples of 4;
 * layers in multiples of 4, so that a base can have a quarter of them.
 * @throws CambiumError `E_SCALING_INPUT` if no shape comes within the tolerance
 */
export function shapeNear(parameters: number, options: ShapeOptions): ModelSpec {
  requirePositive({ parameters });
  let best: ModelSpec | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let heads = 1; heads <= 256; heads += heads < 8 ? 1 : 4) {
    const first = 4 * Math.max(1, Math.ceil((aspects.least * heads) / 4));
    for (let layers = first; layers <= Math.max(4, aspects.most * heads); layers += 4) {
      // A layer has about 12·hidden² parameters: shapes far off are skipped without an exact count.
      const about = 12 * layers * (64 * heads) ** 2 + 128 * heads * options.vocab;
      if (best !== undefined && Math.abs(Math.log(about / parameters)) > 0.5) continue;
      const model = shape({ layers, hidden: 64 * heads }, options);
      const off =
        Math.abs(Math.log(countParameters(model).total / parameters)) +
        proportion * Math.abs(Math.log(layers / heads / aspects.usual));
      if (off < least) [best, least] = [model, off];
    }
  }
  const found = best as ModelSpec;
  const { total } = countParameters(found);
  if (Math.abs(Math.log(total / parameters)) <= Math.log(tolerance)) return found;
  throw new CambiumError("E_SCALING_INPUT", "no model of usual proportions has about that many parameters", {
    expected: `nearest: ${total.toPrecision(3)}, with a vocabulary of ${options.vocab} tokens`,
    got: `${parameters}`,
    hint: "choose another vocabulary size, or set layers and hidden size yourself",
  });
}

export interface ShapeSizes {
  readonly layers: number;
  readonly hidden?: number | undefined;
  readonly heads?: number | undefined;
  readonly kvHeads?: number | undefined;
  readonly intermediate?: number | undefined;
}

/** Defaults: hidden 64·layers, heads of 64, intermediate 8/3·hidden rounded up to a multiple of 64. */
export function shape(sizes: ShapeSizes, { vocab, context }: ShapeOptions): ModelSpec {
  const { layers, hidden = 64 * layers, heads = Math.max(1, Math.round(hidden / 64)), kvHeads } = sizes;
  const { intermediate = 64 * Math.ceil((8 * hidden) / 3 / 64) } = sizes;
  return modelSpec<object, object>(llama, {
    ...{ layers, hidden, heads, intermediate, vocab, kvHeads },
    contextLength: context,
  });
}
