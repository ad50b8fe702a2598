// Layers placed by a typed list, tensors scaled by name.
import { depthOperator, parseLayerList, repeatedLayers, scaleLayers } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import * as z from "zod";
import { version } from "../package.json";

const rule = z.strictObject({
  tensor: z.string().min(1),
  layers: z.string().exactOptional(),
  by: z.number(),
});

/**
 * Target layer t is a copy of base layer `map[t]`: any layers in any order, repeated, left out. `scale` multiplies
 * tensors: a scale of 0 on `o_proj` and `down_proj` makes a copy start as the identity (block expansion, Wu et al.
 * 2024), factors between 0 and 1 attenuate it.
 *
 * Options: `map`: a list of layers as `parseLayerList` of `@cambium/growth` reads it, or an array of numbers; `scale`:
 * rules `{ tensor, layers, by }`, of which the first that matches a tensor applies: `tensor` is a part of the base
 * tensor's name, `layers` a list of target layers, or `new` for those whose base layer already appears further down;
 * without it, all tensors. As text, rules are `TENSOR:FACTOR@LAYERS` separated by `;`. A rule that matches no tensor is
 * refused.
 *
 * @example
 * import explicit from "@cambium/operator-explicit";
 * explicit.plan(base, { map: "0-23,8-31" }); // SOLAR
 * explicit.plan(base, { map: "0-3,3,4-7,7", scale: "o_proj:0@new;down_proj:0@new" }); // LLaMA Pro
 */
export default depthOperator({
  name: "explicit",
  version,
  summary: "layers placed as typed, tensors scaled by name",
  options: {
    map: z
      .union([z.string(), z.int().nonnegative(), z.array(z.int().nonnegative()).min(1).readonly()])
      .describe("the base layer of every target layer, e.g. 0-23,8-31"),
    scale: z
      .union([z.string(), z.array(rule).readonly()])
      .default([])
      .describe("factors by a part of the tensor's name, e.g. o_proj:0@new;down_proj:0@new"),
  },
  decided: (base, { map }) => listed(map, base).length,
  layers: (base, _, { map }) => listed(map, base),
  refine: (parts, growth, { scale }) => {
    const { layers } = growth;
    const rules = (typeof scale === "string" ? scale.split(";").map(parseRule) : scale).map((one) => ({
      ...{ ...one, used: false },
      at: one.layers === undefined ? undefined : placesOf(one.layers, layers),
    }));
    const made = scaleLayers(parts, growth, ({ layer = -1 }, source) => {
      const found = rules.find(({ tensor, at }) => source.includes(tensor) && (at === undefined || at.has(layer)));
      if (found) found.used = true;
      return found?.by;
    });
    const reasons = rules.flatMap(({ tensor, layers: at, used }, i) =>
      used
        ? []
        : [{ where: `scale: ${i}`, message: "fits no tensor", got: `${tensor}${at ? ` in layers ${at}` : ""}` }],
    );
    if (reasons.length > 0) throw new CambiumError("E_GROWTH_OPTION", "a rule scales nothing", { reasons });
    return made;
  },
});

function listed(map: string | number | readonly number[], base: number): readonly number[] {
  return typeof map === "object" ? map : parseLayerList(`${map}`, base);
}

function placesOf(text: string, layers: readonly number[]): ReadonlySet<number> {
  return text === "new" ? repeatedLayers(layers) : new Set(parseLayerList(text, layers.length));
}

function parseRule(text: string): z.output<typeof rule> {
  const { tensor, by, layers } = /^(?<tensor>[^:@]+):(?<by>[^@]+)(?:@(?<layers>.+))?$/.exec(text.trim())?.groups ?? {};
  if (tensor !== undefined && by?.trim() && Number.isFinite(Number(by))) {
    return { tensor: tensor.trim(), by: Number(by), ...(layers !== undefined && { layers: layers.trim() }) };
  }
  const expected = "TENSOR:FACTOR or TENSOR:FACTOR@LAYERS, separated by ;";
  throw new CambiumError("E_GROWTH_OPTION", "is not a rule", { where: "scale", expected, got: text });
}
