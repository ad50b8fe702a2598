// A part of config.json under growth: what it says, by which layers, and where edits, refusals and warnings go.
import { type JsonObject, type JsonValue, quote, type ReasonList } from "@cambium/files";
import type { JsonEdit } from "../json-edit.js";

/** What came of a growth's look at config.json. */
export interface Findings {
  readonly edits: JsonEdit[];
  /** What stands against the growth. */
  readonly reasons: ReasonList;
  /** What was not checked. */
  readonly warnings: string[];
}

export interface Growing extends Findings {
  readonly part: JsonObject;
  /** Where the part stands in the file. */
  readonly path: readonly string[];
  /** Layers of the source. */
  readonly count: number;
  /** For each target layer the source layer it copies. */
  readonly layers: readonly number[];
}

/** Whether source and target layers with the same number are the same: nothing that goes by number changes. */
export function isPlaced(count: number, layers: readonly number[]): boolean {
  return layers.length !== count || layers.some((from, to) => from !== to);
}

/** Where a field stands, for people. */
export function placeOf({ path }: Growing, field: string): string {
  return `config.json: ${[...path, field].join(".")}`;
}

export function refuse(growing: Growing, field: string, message: string, hint = differentLayers): void {
  const got = growing.part[field];
  growing.reasons.add({
    where: placeOf(growing, field),
    message,
    ...(got !== undefined && { got: quote(got) }),
    hint,
  });
}

export const differentLayers = "choose a layer list that keeps the rule";

export const writeItOut = "write it out: in Python, transformers.AutoConfig.from_pretrained(DIR).save_pretrained(DIR)";

export function same(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
