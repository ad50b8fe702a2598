// A mergekit file as a growth operator: its plan has the tensors that mergekit's passthrough writes, bit for bit.
import { depthOperator, type Operator, scaleLayers } from "@cambium/growth";
import { version } from "../../package.json";
import { type Passthrough, passthroughSchema, type Scopes, settingFor } from "./config.js";

/** A layer of the target: its source layer, and its settings. */
interface Placed {
  readonly from: number;
  readonly scopes: Scopes;
  /** Its position in its slice, from 0 to 1; 1 in a slice of one layer. */
  readonly t: number;
}

/**
 * Its options are the file. Tensors before the layers belong to the first slice, tensors after them to the last one.
 */
export const passthrough: Operator = depthOperator({
  name: "mergekit-passthrough",
  version,
  summary: "the slices of a mergekit file",
  options: passthroughSchema.shape,
  decided: (_, config) => placesOf(config).length,
  layers: (_base, _target, config) => placesOf(config).map(({ from }) => from),
  refine: (parts, growth, config) => {
    const placed = placesOf(config);
    const [before, after] = [
      { ...(placed[0] as Placed), t: 0 },
      { ...(placed.at(-1) as Placed), t: 0 },
    ];
    return scaleLayers(parts, growth, ({ layer, kind }, source) => {
      const outside = kind === "embedding" ? before : after;
      const { scopes, t } = layer === undefined ? outside : (placed[layer] as Placed);
      return settingFor(scopes, source, t);
    });
  },
});

function placesOf({ slices, parameters: all }: Passthrough): Placed[] {
  return slices.flatMap(({ sources, parameters }) =>
    sources.flatMap(({ layer_range: [start, end], parameters: nearest }): Placed[] => {
      const scopes = [nearest?.scale, parameters?.scale, all?.scale];
      const count = end - start;
      return Array.from({ length: count }, (_, i) => ({ from: start + i, scopes, t: count > 1 ? i / (count - 1) : 1 }));
    }),
  );
}
