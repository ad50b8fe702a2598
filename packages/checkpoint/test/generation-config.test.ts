// The tokens that end a generation, read from generation_config.json.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readStopTokens } from "../src/index.js";

function directory(json?: string): string {
  const path = mkdtempSync(join(tmpdir(), "cambium-generation-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  if (json !== undefined) writeFileSync(join(path, "generation_config.json"), json);
  return path;
}

test.each([
  ['{"eos_token_id": 7}', [7]],
  ['{"eos_token_id": [0, 503], "bos_token_id": 0}', [0, 503]],
  ['{"eos_token_id": []}', []],
  ['{"eos_token_id": null}', undefined],
  ["{}", undefined],
  [undefined, undefined],
])("stop tokens of %s", async (json, ids) => {
  expect(await readStopTokens(directory(json))).toEqual(ids);
});

test.each([
  '{"eos_token_id": "</s>"}',
  '{"eos_token_id": [1, -2]}',
  '{"eos_token_id": [[1]]}',
  '{"eos_token_id": 0.5}',
])("ids that are not token ids are refused: %s", async (json) => {
  await expect(readStopTokens(directory(json))).rejects.toMatchObject({ code: "E_CONFIG" });
});
