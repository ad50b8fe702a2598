// A family with other names: an operator that tells tensors apart by names, not by axes and marks, fails on it.
import { defineFamily, type Family, type ParameterSpec } from "@cambium/model";

/** What it adds to the name of a family. */
export const turnedSuffix = "-turned";

/**
 * `family` with the names of its tensors turned round: `model.norm.weight` is `thgiew.mron.ledom`. To compute with: the
 * names in files stay.
 */
export function turnedNames<Config extends object, Input extends object>(
  family: Family<Config, Input>,
): Family<Config, Input> {
  const { forward } = family;
  return defineFamily<Config, Input>({
    ...family,
    name: `${family.name}${turnedSuffix}`,
    parameters: (config) => family.parameters(config).map(turnedSpec),
    std: (config, spec, scheme) => family.std(config, turnedSpec(spec), scheme),
    ...(forward && {
      forward: (config: Config, pass: Parameters<typeof forward>[1]) => {
        const { parameter, normMask, layerMask } = pass.weights;
        const weights = {
          parameter: (name: string) => parameter(turned(name)),
          normMask: (name: string) => normMask(turned(name)),
          layerMask,
        };
        return forward(config, { ...pass, weights });
      },
    }),
  });
}

function turned(name: string): string {
  return [...name].reverse().join("");
}

function turnedSpec(spec: ParameterSpec): ParameterSpec {
  const { name, part, module, alias } = spec;
  return {
    ...spec,
    name: turned(name),
    ...(part !== undefined && { part: turned(part) }),
    ...(module !== undefined && { module: turned(module) }),
    ...(alias !== undefined && { alias: turned(alias) }),
  };
}
