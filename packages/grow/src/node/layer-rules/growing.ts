// A part of config.json under growth: its fields, the layer list, and where edits, refusals and warnings go.
import { type JsonObject, type JsonValue, quote, type ReasonList } from "@cambium/files";
import type { JsonEdit } from "../json-edit.js";

/** The findings of growing config.json. */
export interface Findings {
  readonly edits: JsonEdit[];
  /** Reasons against the growth. */
  readonly reasons: ReasonList;
  /** What was not checked. */
  readonly warnings: string[];
}

export interface Growing extends Findings {
  readonly part: JsonObject;
  /** Where the part is in the file. */
  readonly path: readonly string[];
  /** Layers of the source. */
  readonly count: number;
  /** For each target layer the source layer it copies. */
  readonly layers: readonly number[];
  /** Behind how many of the first layers features of images enter, where config.json says it. */
  readonly entered: number | undefined;
}

/** Whether any layer moved or their number changed; otherwise nothing that depends on layer numbers changes. */
export function isPlaced(count: number, layers: readonly number[]): boolean {
  return layers.length !== count || layers.some((from, to) => from !== to);
}

/** The place of a field, for messages. */
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
