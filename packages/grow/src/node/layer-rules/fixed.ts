// Layers that a model's code treats by number, which no field states. A growth is refused unless it keeps them in
// place.
import type { JsonValue } from "@cambium/files";
import { defaultList } from "./defaults.js";
import { differentLayers, type Growing, same } from "./growing.js";
import type { FixedRule, TypeRules } from "./rules.js";

export function refuseFixed(growing: Growing, type: string, rules: TypeRules): void {
  for (const rule of rules.fixed ?? []) {
    if (holds(growing, rule.unless, rules)) continue;
    growing.reasons.add({
      where: `model_type ${type}`,
      message: `${rule.because}, and no field of config.json can say it of copies`,
      ...hintOf(growing, rule.unless),
    });
  }
}

function hintOf(
  { layers, entered }: Growing,
  unless: FixedRule["unless"],
): { readonly expected?: string; readonly hint?: string } {
  if (unless?.prefix !== undefined)
    return { expected: `target layers that begin 0 to ${(entered ?? unless.prefix) - 1}`, hint: differentLayers };
  if (unless?.anchor)
    return {
      expected: `the ${unless.anchor} source layer, once, as the target's ${unless.anchor}`,
      hint: differentLayers,
    };
  if (unless?.ends) {
    const entries = Object.entries(unless.ends).map(([list, entry]) => `${list} ends with ${JSON.stringify(entry)}`);
    return { expected: `${entries.join(", ")}, before growth and after`, hint: differentLayers };
  }
  if (unless?.zero) return { expected: `${Object.keys(unless.zero).join(", ")} 0` };
  return layers.length === 0 ? {} : { hint: "this model can be grown in width only, or not at all" };
}

function holds({ part, count, layers, entered }: Growing, unless: FixedRule["unless"], { lists }: TypeRules): boolean {
  if (!unless) return false;
  const { zero, prefix, anchor, ends, default: field } = unless;
  if (zero) return Object.entries(zero).every(([name, silent]) => isNothing(name in part ? part[name] : silent));
  if (prefix !== undefined) return layers.slice(0, entered ?? prefix).every((from, to) => from === to);
  if (anchor) {
    const [source, target] = anchor === "first" ? [0, 0] : [count - 1, layers.length - 1];
    return layers.every((from, to) => (from === source) === (to === target));
  }
  if (ends) {
    return Object.entries(ends).every(([name, entry]) => {
      const rule = lists?.[name];
      const stated = part[name];
      const list = Array.isArray(stated) ? stated : rule ? defaultList(rule, count, part) : undefined;
      return list?.[count - 1] === entry && list[layers.at(-1) ?? count - 1] === entry;
    });
  }
  const rule = field === undefined ? undefined : lists?.[field];
  const before = rule ? defaultList(rule, count, part) : undefined;
  const after = rule ? defaultList(rule, layers.length, part) : undefined;
  return (
    before !== undefined &&
    after !== undefined &&
    same(
      layers.map((from) => before[from] as JsonValue),
      after,
    )
  );
}

function isNothing(value: JsonValue | undefined): boolean {
  return !value || (Array.isArray(value) && value.length === 0);
}
