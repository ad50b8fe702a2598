// Lists with one entry per layer, and patterns with one letter: each entry follows its layer; defaults are written out.
import type { JsonValue } from "@cambium/files";
import { append } from "@cambium/ir";
import { put, set } from "../json-edit.js";
import { countField, defaultList } from "./defaults.js";
import { type Growing, placeOf, refuse, same, writeItOut } from "./growing.js";
import type { SilentRule, TypeRules } from "./rules.js";

/** @returns the fields that were handled */
export function growLists(growing: Growing, rules: TypeRules): string[] {
  const { lists = {}, aliases = {}, patterns = {} } = rules;
  const { part } = growing;
  const seen: string[] = Object.keys(patterns);
  for (const pattern of Object.keys(patterns)) growPattern(growing, pattern);
  for (const [field, rule] of Object.entries(lists)) {
    const names = [field, ...Object.keys(aliases).filter((alias) => aliases[alias] === field)];
    append(seen, [...names, ...fieldsOf(rule)]);
    const stated = names.filter((name) => part[name] !== undefined && part[name] !== null);
    for (const name of stated) if (Array.isArray(part[name])) growList(growing, name);
    const spelt = Object.keys(patterns).some((pattern) => patterns[pattern] === field && pattern in part);
    if (stated.length === 0 && !spelt) growSilence(growing, field, rule, rules);
    else if (rule) growCount(growing, rule);
  }
  return seen;
}

/** A list that config.json has. */
export function growList(growing: Growing, field: string): void {
  const { part, path, count, layers, edits } = growing;
  const { length } = part[field] as JsonValue[];
  if (length === count) edits.push({ path: [...path, field], value: { pick: layers } });
  else refuse(growing, field, `has ${length} entries for ${count} layers`, writeItOut);
}

function growPattern(growing: Growing, field: string): void {
  const { part, path, count, layers, edits } = growing;
  const pattern = part[field];
  if (typeof pattern !== "string") return;
  const letters = [...pattern];
  if (letters.length !== count) refuse(growing, field, `has ${letters.length} letters for ${count} layers`, writeItOut);
  else edits.push(put([...path, field], layers.map((from) => letters[from]).join("")));
}

/** Writes out the class's default for the source's layers, if it would differ for the target's. */
function growSilence(growing: Growing, field: string, rule: SilentRule | null, { lists, numbers }: TypeRules): void {
  const { part, path, count, layers, edits } = growing;
  const older = rule?.unless?.filter((name) => part[name] !== undefined && part[name] !== null) ?? [];
  const unknown = (why: string): void => {
    growing.reasons.add({ where: placeOf(growing, field), message: `is silent, and ${why}`, hint: writeItOut });
  };
  // The class makes the list from such numbers, which move along.
  if (older.length > 0 && older.every((name) => numbers?.[name] !== undefined)) return;
  if (older.length > 0) {
    unknown(`what ${older.join(", ")} says of it is not known here`);
    return;
  }
  if (rule?.kind === "same") {
    if (rule.gate === undefined || !(part[rule.gate] ?? (rule.gate in part ? false : rule.default))) return;
    unknown(`with ${rule.gate} the model's code treats layers by number`);
    return;
  }
  if (rule?.kind === "follows") {
    // If the field it follows is absent, too, that one has been written out, provided the class's rule is known.
    const leader = lists?.[rule.of];
    if (rule.of in part || numbers?.[rule.of] !== undefined || (leader && leader.kind !== "same")) return;
  }
  const before = rule ? defaultList(rule, count, part) : undefined;
  const after = rule ? defaultList(rule, layers.length, part) : undefined;
  if (!rule || !before || !after) {
    unknown("what the model's code takes then is not known here");
    return;
  }
  const wanted = layers.map((from) => before[from] as JsonValue);
  if (same(wanted, after) || growCount(growing, rule)) return;
  edits.push(set([...path, field], wanted));
}

/** Updates the layer number at which a rule changes, if config.json has it and a new number describes the target. */
function growCount({ part, path, count, layers, edits }: Growing, rule: SilentRule): boolean {
  const field = countField(rule);
  const turn = field === undefined ? undefined : part[field];
  if (field === undefined || typeof turn !== "number") return false;
  if (rule.kind === "window" && part.use_sliding_window !== true) return false;
  const before = defaultList(rule, count, part);
  const wanted = before && layers.map((from) => before[from] as JsonValue);
  const turned = layers.filter((from) => from < turn).length;
  const after = defaultList(rule, layers.length, { ...part, [field]: turned });
  if (!wanted || !after || !same(wanted, after)) return false;
  edits.push(put([...path, field], turned));
  return true;
}

/** Fields that a rule reads. */
function fieldsOf(rule: SilentRule | null): string[] {
  if (rule?.kind === "every") return [rule.period];
  if (rule?.kind === "window") return ["max_window_layers"];
  const count = rule ? countField(rule) : undefined;
  return count === undefined ? [] : [count];
}
