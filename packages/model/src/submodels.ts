// Training in sub-models: each step trains a random number of the model's bottom layers, between its embedding and its
// last norm and head (Chen et al. 2022, "bert2BERT", section 3.4: two-stage pre-training).
import { Random, type Reason } from "@cambium/ir";

export interface Submodels {
  /** Numbers of layers, each equally likely to be drawn. */
  readonly depths: readonly number[];
  /** The number of top layers of a sub-model that train, together with the last norm and the head. Default: all. */
  readonly top?: number;
  /** Training tokens since growth after which the whole model trains. */
  readonly tokens: number;
}

/** The index in `depths` for step `step` of a phase: a pure function, so that a continued run repeats it. */
export function drawnDepth({ depths }: Submodels, seed: number, step: number): number {
  return Math.floor(new Random(`submodels ${seed}`).uniform(step) * depths.length);
}

/** Everything that is wrong with `submodels` for a model of `layers` layers. */
export function submodelReasons({ depths, top = 1, tokens }: Submodels, layers: number): Reason[] {
  const wrong = depths.filter((depth) => !(Number.isInteger(depth) && depth >= 1 && depth <= layers));
  const reasons: Reason[] = wrong.map((depth) => {
    return {
      where: "submodels / depths",
      message: "is not a depth of the model",
      expected: `1 to ${layers} layers`,
      got: String(depth),
    };
  });
  if (depths.length === 0) reasons.push({ where: "submodels / depths", message: "is empty" });
  if (!(Number.isInteger(top) && top >= 1))
    reasons.push({
      where: "submodels / top",
      message: "trains no layer",
      expected: "an integer ≥ 1",
      got: String(top),
    });
  if (!(tokens > 0 && tokens < Number.POSITIVE_INFINITY))
    reasons.push({
      where: "submodels / tokens",
      message: "is not a length",
      expected: "tokens > 0",
      got: String(tokens),
    });
  return reasons;
}
