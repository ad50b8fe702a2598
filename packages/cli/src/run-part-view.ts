// A part of a run as `cambium inspect` shows it: a stage's folder, its metrics, a snapshot, a token file.

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { loadSnapshot } from "@cambium/checkpoint";
import { TokenFile } from "@cambium/data/node";
import { compact, layerCount } from "@cambium/ir/figures";
import { StageDirectory, streamRows } from "@cambium/run-format/node";
import type { MetricsRow } from "@cambium/train";
import type { Shown } from "./checkpoint-view.js";

const snapshotFile = /^snapshot-\d{6,15}\.json$/;

/** Files that describe their folder: inspecting one shows the folder. */
const describesFolder = /^(run|record|stage|config|model\.safetensors\.index)\.json$/;

/** The folder to show in place of `file`, or `file` itself. */
export function wholeOf(file: string): string {
  const name = basename(file);
  return describesFolder.test(name) || snapshotFile.test(name) ? dirname(file) : file;
}

/** Undefined if `path` is not a part of a run. @throws CambiumError if the part is damaged */
export async function describeRunPart(path: string): Promise<Shown | undefined> {
  if ((await stat(path)).isDirectory()) {
    const names = await readdir(path);
    if (names.includes("record.json") || names.includes("stage.json")) return describeStage(path, names);
    return names.some((name) => snapshotFile.test(name)) ? describeSnapshot(path) : undefined;
  }
  if (/\.tokens$/.test(path)) return describeTokens(path);
  return basename(path) === "metrics.jsonl" ? describeMetrics(path) : undefined;
}

async function describeStage(path: string, names: readonly string[]): Promise<Shown> {
  const directory = new StageDirectory(path);
  const record = await directory.read();
  const metrics = await summarize(directory.metrics);
  const beside = ["model", "snapshot"].filter((name) => names.includes(name));
  const lines = [`${path}: a stage of a run${record ? `, ${record.name}, ${record.state}` : ", not started"}`];
  if (record) {
    const { layers, hidden } = record.model;
    lines.push(row("model", `${layerCount(layers)} × ${hidden}, ${compact(record.parameters)} parameters`));
    lines.push(row("tokens", `${compact(metrics.last?.tokens ?? 0)} of ${compact(record.tokens)}`));
    const { growth } = record;
    if (growth) lines.push(row("grown", `by ${growth.operator} ${growth.operatorVersion} from ${growth.from}`));
  }
  lines.push(row("metrics", metricsText(metrics)));
  for (const name of beside) lines.push(row(name, `cambium inspect ${join(path, name)}`));
  return { data: { path, kind: "stage", record: record ?? null, metrics }, text: lines.join("\n") };
}

interface MetricsSummary {
  readonly rows: number;
  readonly first?: MetricsRow;
  readonly last?: MetricsRow;
  /** The lowest loss on held-out text. */
  readonly lowest?: number;
}

/** Reads one row at a time, so that the file may be of any size. */
async function summarize(path: string): Promise<MetricsSummary> {
  let summary: MetricsSummary = { rows: 0 };
  for await (const { row: last } of streamRows(path)) {
    const { rows, first = last, lowest } = summary;
    const held = last.heldOutLoss === undefined ? lowest : Math.min(last.heldOutLoss, lowest ?? last.heldOutLoss);
    summary = { rows: rows + 1, first, last, ...(held !== undefined && { lowest: held }) };
  }
  return summary;
}

async function describeMetrics(path: string): Promise<Shown> {
  const metrics = await summarize(path);
  const text = [`${path}: metrics of a stage`, row("metrics", metricsText(metrics))];
  if (metrics.last) text.push(row("tokens", compact(metrics.last.tokens)));
  return { data: { path, kind: "metrics", ...metrics }, text: text.join("\n") };
}

function metricsText({ rows, first, last, lowest }: MetricsSummary): string {
  if (!first || !last) return "no rows yet";
  const held = lowest === undefined ? "" : `, held-out at best ${lowest.toFixed(3)}`;
  return `${rows} ${rows === 1 ? "row" : "rows"}, steps ${first.step} to ${last.step}, loss ${first.loss.toFixed(3)} → ${last.loss.toFixed(3)}${held}`;
}

async function describeSnapshot(path: string): Promise<Shown> {
  const snapshot = await loadSnapshot(path);
  if (!snapshot) return { data: { path, kind: "snapshot" }, text: `${path}: snapshots of a stage, none complete` };
  await using tensors = snapshot.tensors;
  const { generation, state, rejected } = snapshot;
  const { progress } = state as { readonly progress?: { readonly step: number; readonly tokens: number } };
  const at = progress ? `after step ${progress.step}, ${compact(progress.tokens)} tokens` : "no training state";
  const text = [
    `${path}: a snapshot of a stage, ${at}`,
    row("generation", String(generation)),
    row("tensors", `${tensors.tensors.size}, ${compact(tensors.size)}B, checksums match`),
    ...rejected.map(({ where, message }) => row("rejected", [where, message].filter(Boolean).join(": "))),
    row("to continue", "cambium run on the recipe of its run"),
  ];
  const names = [...tensors.tensors.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  return { data: { path, kind: "snapshot", generation, state, rejected, tensors: names }, text: text.join("\n") };
}

async function describeTokens(path: string): Promise<Shown> {
  const file = TokenFile.open(path);
  try {
    const { header } = file;
    const { title, tokens, documents, vocabSize, textBytes } = header;
    const text = [
      `${path}: tokens of ${title}`,
      row("tokens", `${compact(tokens)}, vocabulary ${vocabSize}, from ${compact(textBytes)}B of text`),
      row("documents", String(documents)),
    ];
    return { data: { path, kind: "tokens", ...header }, text: text.join("\n") };
  } finally {
    file.close();
  }
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(14)} ${value}`;
}
