// The list that a class fills in by itself if config.json does not have it.
import type { JsonObject, JsonValue } from "@cambium/files";
import type { DefaultRule } from "./rules.js";

/** One entry for each of `count` layers; undefined if a field that the rule needs is not valid. */
export function defaultList(rule: DefaultRule, count: number, part: JsonObject): JsonValue[] | undefined {
  const layers = Array.from({ length: count }, (_, i) => i);
  switch (rule.kind) {
    case "cycle": {
      const { cycle, last } = rule;
      return layers.map((i) => (i === count - 1 && last !== undefined ? last : (cycle[i % cycle.length] as JsonValue)));
    }
    case "every": {
      const period = part[rule.period] ?? rule.default;
      if (!isCount(period) || period === 0) return undefined;
      const at = rule.at === "end" ? period - 1 : 0;
      return layers.map((i) => (i % period === at ? rule.hit : rule.miss));
    }
    case "first": {
      const first = typeof rule.count === "number" ? rule.count : (part[rule.count] ?? rule.default);
      return isCount(first) ? layers.map((i) => (i < first ? rule.first : rule.rest)) : undefined;
    }
    case "window": {
      const { use_sliding_window: use = rule.use, max_window_layers: first = rule.first } = part;
      const { sliding_window: size = rule.size } = part;
      if (!isCount(first)) return undefined;
      const slides = use === true && size !== null;
      return layers.map((i) => (slides && i >= first ? "sliding_attention" : "full_attention"));
    }
    case "same":
    case "follows":
      return undefined;
  }
}

/** The field that counts the layers of a rule that begins or ends at a layer number, if there is one. */
export function countField(rule: DefaultRule): string | undefined {
  if (rule.kind === "window") return "max_window_layers";
  return rule.kind === "first" && typeof rule.count === "string" ? rule.count : undefined;
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
