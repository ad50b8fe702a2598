// A folder that is named as a tokenizer and has no tokenizer.json: refused with what is there and what to do.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadTokenizer } from "../src/node/load-tokenizer.js";

test.each(["tokenizer.model", "vocab.json", "qwen.tiktoken", "merges.txt"])("%s alone", async (name) => {
  const folder = await mkdtemp(join(tmpdir(), "cambium-"));
  try {
    const hint = expect.stringContaining("bytes");
    await expect(loadTokenizer(folder, ".")).rejects.toMatchObject({ code: "E_NOT_FOUND", details: { hint } });
    await writeFile(join(folder, name), "x");
    await expect(loadTokenizer(folder, ".")).rejects.toMatchObject({
      code: "E_TOKENIZER",
      details: { got: name, hint: expect.stringContaining("save_pretrained") },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
