// The origin of a grown model: growth.json for programs, a model card for people. Equal growths give equal bytes.
import { formatCount, formatLayers, planJson, planNeeds } from "@cambium/growth";
import type { TensorHashes } from "./hashing/hashes.js";
import type { Identity } from "./identity.js";
import type { GrowReport } from "./report.js";

export const RECORD_FILE = "growth.json";
export const CARD_FILE = "README.md";

/** SHA-256 in hex. */
export interface RecordedHashes {
  readonly tensors: TensorHashes;
  /** By file name, where the files were read whole. */
  readonly files?: {
    readonly source: Readonly<Record<string, string>>;
    readonly result: Readonly<Record<string, string>>;
  };
}

/** @param samples hash of samples of each file of weights, by its name */
export function record(
  { growth, sourceFiles }: Identity,
  { operator, layers, plan, tensors, parametersBefore, parametersAfter, beside }: GrowReport,
  { tensors: sha256, files }: RecordedHashes,
  samples: Readonly<Record<string, string>>,
): string {
  const content = {
    format: 1,
    identity: growth,
    operator,
    layers,
    parameters: { before: parametersBefore, after: parametersAfter },
    dropped: tensors.dropped,
    leftBehind: beside.left,
    source: sourceFiles.map((file) => (files ? { ...file, sha256: files.source[file.name] } : file)),
    ...(files && { files: files.result }),
    samples,
    sha256,
    plan: planJson(plan),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

export function modelCard(report: GrowReport): string {
  const { operator, layers, connectionRate: rate, parametersBefore, parametersAfter, tensors, plan, beside } = report;
  const needs = planNeeds(plan).filter((need) => need !== "given");
  const training = needs.length === 0 ? "" : `\n| only in the plan, not in the weights | ${needs.join(", ")} |`;
  const dropped = tensors.dropped.length === 0 ? "none" : `${tensors.dropped.length}, listed in growth.json`;
  return `---
tags:
- model-growth
---

# A grown model

Made from another checkpoint by the growth operator \`${operator.name}\` ${operator.version}; not trained since.

| | |
|---|---|
| options | \`${JSON.stringify(operator.options)}\` |
| layers | ${layers.length}, from source layers ${formatLayers(layers).replaceAll("|", "\\|")} |
| connection rate R_c | ${rate.numerator}/${rate.denominator} |
| parameters | ${formatCount(parametersBefore)} → ${formatCount(parametersAfter)} |
| tensors | ${tensors.copied} copied byte for byte, ${tensors.computed} computed |
| tensors of the source left out | ${dropped} |${training}

\`growth.json\` says which source files these were.${baseCard(beside.along)}
`;
}

/** Where the source's own card is. */
function baseCard(along: readonly string[]): string {
  const cards = along.filter((name) => /^readme\.base(?:-\d+)?\.md$/i.test(name));
  return cards.length === 0 ? "" : ` The card of the base is \`${cards.at(-1)}\`.`;
}
