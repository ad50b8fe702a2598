// Fields that name layers by number: each is rewritten to say of every copy what it says of the layer copied.
import type { JsonValue } from "@cambium/files";
import { put, set } from "../json-edit.js";
import { defaultList } from "./defaults.js";
import { type Growing, refuse, same } from "./growing.js";
import type { TypeRules } from "./rules.js";

/** @returns the fields that were handled */
export function growNumbers(growing: Growing, rules: TypeRules): string[] {
  const { numbers = {}, numbersFromOne = {}, itself = {}, first = {} } = rules;
  const { sparse, range, modulo = {}, cyclic = {}, scaled = {} } = rules;
  for (const [field, silent] of Object.entries(numbers)) {
    const list = silent && "kind" in silent ? numbersOf(defaultList(silent, growing.count, growing.part)) : silent;
    const then =
      silent && "kind" in silent ? numbersOf(defaultList(silent, growing.layers.length, growing.part)) : silent;
    growListed(growing, field, 0, list, then);
  }
  for (const [field, silent] of Object.entries(numbersFromOne)) growListed(growing, field, 1, silent, silent);
  for (const field of Object.keys(itself)) growItself(growing, field);
  for (const [field, silent] of Object.entries(first)) growFirst(growing, field, silent);
  if (sparse) growSparse(growing, sparse);
  if (range) growRange(growing, range);
  for (const [field, rule] of Object.entries(modulo)) growModulo(growing, field, rule);
  for (const [field, silent] of Object.entries(cyclic)) growCyclic(growing, field, silent);
  for (const [field, silent] of Object.entries(scaled)) growScaled(growing, field, silent);
  const periods = Object.values(numbers).flatMap((rule) =>
    rule && "kind" in rule && rule.kind === "every" ? [rule.period] : [],
  );
  return [numbers, numbersFromOne, itself, first, sparse ?? {}, range ?? {}, modulo, cyclic, scaled]
    .flatMap((fields) => Object.keys(fields))
    .concat(periods);
}

function numbersOf(list: readonly JsonValue[] | undefined): number[] | null {
  return list ? list.flatMap((hit, layer) => (hit === true ? [layer] : [])) : null;
}

/** A list of layer numbers, perhaps within an object. @param base the number of the first layer */
export function growListed(
  { part, path, layers, edits }: Growing,
  field: string,
  base: number,
  silent: readonly number[] | null,
  then: readonly number[] | null,
): void {
  const keys = field.split(".");
  const [head = "", inner] = keys;
  const outer = part[head];
  const there =
    inner === undefined
      ? outer
      : typeof outer === "object" && outer !== null && !Array.isArray(outer)
        ? outer[inner]
        : undefined;
  const stated = Array.isArray(there) ? there : undefined;
  const listed: readonly JsonValue[] | null = stated ?? silent;
  if (listed === null) return;
  const wanted = layers.flatMap((from, to) => (listed.includes(from + base) ? [to + base] : []));
  if (stated) edits.push(put([...path, ...keys], wanted));
  else if (
    !same(
      wanted,
      (then ?? []).filter((number) => number < layers.length + base),
    )
  )
    edits.push(set([...path, ...keys], wanted));
}

/** A list in which each layer names a layer; where the field is silent, each names itself. */
function growItself(growing: Growing, field: string): void {
  const { part, path, count, layers, edits } = growing;
  const stated = part[field];
  if (!Array.isArray(stated)) return;
  const own = stated.length === count && stated.every((number, layer) => number === layer);
  if (own) edits.push(put([...path, field], [...layers.keys()]));
  else refuse(growing, field, "layers use what other layers compute, which copies would not find");
}

/** A field that counts layers of one kind at the bottom. */
export function growFirst(growing: Growing, field: string, silent: number | null): void {
  const { part, path, layers, edits } = growing;
  const first = part[field] ?? silent;
  if (typeof first !== "number") return;
  const below = layers.map((from) => from < first);
  const length = below.lastIndexOf(true) + 1;
  if (!below.slice(0, length).every(Boolean)) refuse(growing, field, "its layers would not be the first ones any more");
  else if (length < layers.length || first < layers.length) {
    if (length !== first || part[field] !== undefined) edits.push(set([...path, field], length));
  }
}

/** i is sparse unless it is listed, or i + 1 is not a multiple of the step. */
function growSparse(growing: Growing, silent: { readonly [field: string]: JsonValue }): void {
  const { part, path, count, layers, edits } = growing;
  const only = part.mlp_only_layers ?? silent.mlp_only_layers ?? [];
  const step = part.decoder_sparse_step ?? silent.decoder_sparse_step;
  const experts = part.num_experts ?? part.num_local_experts ?? silent.num_experts;
  if (!Array.isArray(only) || typeof step !== "number" || step < 1 || typeof experts !== "number") {
    refuse(growing, "decoder_sparse_step", "is not a rule that is known");
    return;
  }
  const sparse = (i: number): boolean => experts > 0 && !only.includes(i) && (i + 1) % step === 0;
  const wanted = layers.map(sparse);
  if (
    experts === 0 ||
    same(
      wanted,
      layers.map((_, to) => sparse(to)),
    )
  )
    return;
  const kept = wanted.every((is, to) => !is || (to + 1) % step === 0) ? step : 1;
  const dense = wanted.flatMap((is, to) => (!is && (to + 1) % kept === 0 ? [to] : []));
  if (kept !== step) edits.push(set([...path, "decoder_sparse_step"], kept));
  if (!same(dense, only) || count === 0) edits.push(set([...path, "mlp_only_layers"], dense));
}

/** Layers in a range of numbers, at a regular interval. */
function growRange(growing: Growing, silent: Readonly<Record<string, number>>): void {
  const { part, path, count, layers, edits } = growing;
  const value = (field: string) => part[field] ?? silent[field];
  const [start, end, interval] = [
    value("moe_layer_start_index"),
    value("moe_layer_end_index"),
    value("moe_layer_interval"),
  ];
  if (typeof start !== "number" || typeof end !== "number" || typeof interval !== "number" || interval < 1) {
    refuse(growing, "moe_layer_interval", "is not a rule that is known");
    return;
  }
  const inRange = (i: number, [from, to, every]: readonly number[], depth: number): boolean =>
    (i + 1) % (every as number) === 0 && i >= (from as number) && i <= (to === -1 ? depth - 1 : (to as number));
  const wanted = layers.map((from) => inRange(from, [start, end, interval], count));
  const [low, high] = [wanted.indexOf(true), wanted.lastIndexOf(true)];
  const bounds =
    low === -1
      ? [[layers.length, layers.length]]
      : [
          [start, end],
          [low, end],
          [low, high],
        ];
  const found = bounds
    .flatMap((bound) => [interval, 1].map((every) => [...bound, every]))
    .find((rule) =>
      same(
        wanted,
        layers.map((_, to) => inRange(to, rule, layers.length)),
      ),
    );
  if (!found) {
    refuse(growing, "moe_layer_start_index", "no range of layers says which of the target's are sparse");
    return;
  }
  const fields = ["moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval"];
  fields.forEach((field, i) => {
    if (found[i] !== value(field)) edits.push(set([...path, field], found[i] as number));
  });
}

function growModulo(
  growing: Growing,
  field: string,
  rule: { readonly period: number; readonly offsetField: string; readonly offset: number },
): void {
  const { part, path, layers, edits } = growing;
  const period = part[field] ?? rule.period;
  const offset = part[rule.offsetField] ?? rule.offset;
  if (typeof period !== "number" || period < 1 || typeof offset !== "number") {
    refuse(growing, field, "is not a rule that is known");
    return;
  }
  const wanted = layers.map((from) => from % period === offset);
  const fits = (p: number, o: number) => wanted.every((hit, to) => hit === (to % p === o));
  if (fits(period, offset)) return;
  for (let p = 1; p <= layers.length + 1; p++) {
    for (let o = 0; o < p; o++) {
      if (!fits(p, o)) continue;
      edits.push(set([...path, field], p), set([...path, rule.offsetField], o));
      return;
    }
  }
  refuse(growing, field, "no period and offset say which of the target's layers are meant");
}

function growCyclic({ part, path, layers, edits }: Growing, field: string, silent: readonly JsonValue[] | null): void {
  const stated = part[field];
  const cycle = Array.isArray(stated) ? stated : silent;
  if (!cycle || cycle.length === 0) return;
  const at = (i: number) => cycle[i % cycle.length] as JsonValue;
  const wanted = layers.map(at);
  if (
    !same(
      wanted,
      layers.map((_, to) => at(to)),
    )
  )
    edits.push(set([...path, field], wanted));
}

/**
 * A factor that is divided by √layers: finds the number whose quotient is the same to the last bit, if there is one.
 */
export function growScaled(growing: Growing, field: string, silent: number | null): void {
  const { part, path, count, layers, edits } = growing;
  if (layers.length === count) return;
  const factor = field in part ? part[field] : silent;
  // Without a factor the class takes √layers itself, which scales by 1.
  if (factor === null || factor === undefined) return;
  if (typeof factor !== "number") {
    refuse(growing, field, "is not a factor");
    return;
  }
  const scale = factor / Math.sqrt(count);
  const root = Math.sqrt(layers.length);
  const guess = scale * root;
  for (let ulps = -4; ulps <= 4; ulps++) {
    const candidate = guess + ulps * 2 ** (Math.floor(Math.log2(Math.abs(guess))) - 52);
    if (candidate / root !== scale) continue;
    edits.push(set([...path, field], candidate));
    return;
  }
  refuse(growing, field, "no factor scales the layers of so many as it does those of the source");
}
