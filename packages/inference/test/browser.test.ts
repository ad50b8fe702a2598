// The README's example in a page: weights from chosen files, the tokens that transformers generates, weights saved in
// the origin private file system.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInPage } from "@cambium/browser";
import { hostSources, SafetensorsFile, writeSafetensors } from "@cambium/checkpoint";
import type { HostTensor } from "@cambium/ir";
import { expect, test } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";

const golden = join(import.meta.dirname, "../../model/test/golden/gqa-tied");
const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

const example = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].at(-1)?.[1] ?? "";
const wrapper = `${example}
import { referenceBackend } from "@cambium/backend";

async function fetched(name) {
  return new File([await (await fetch("/" + name)).arrayBuffer()], name);
}

export async function both(prompt, maxNewTokens) {
  const files = [await fetched("config.json"), await fetched("model.safetensors")];
  const text = await goOn(referenceBackend, files, "A");
  const { model, weights } = await openFiles(files);
  await using device = await referenceBackend.open();
  const { tokens } = await generate(device, model, weights, { prompt, maxNewTokens, temperature: 0, seed: "0" });
  const handle = await (await navigator.storage.getDirectory()).getFileHandle("a.safetensors", { create: true });
  await keep(weights, await handle.createWritable());
  const kept = await handle.getFile();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await kept.arrayBuffer()));
  const file = await SafetensorsBlob.open(kept);
  const cut = await SafetensorsBlob.open(kept.slice(0, kept.size - 1), "cut").catch(({ code }) => code);
  const junk = await SafetensorsBlob.open(new Blob(["version https://git-lfs"]), "junk").catch(({ code }) => code);
  return { text, tokens, names: [...file.tensors.keys()], hash: [...digest], errors: [cut, junk] };
}
`;

test("a page reads chosen files, generates, and saves the weights", async () => {
  const { prompt, newTokens } = JSON.parse(readFileSync(join(golden, "generate.json"), "utf8"));
  const dir = await tempDir();
  const files = {
    "/config.json": join(golden, "config.json"),
    "/model.safetensors": join(golden, "model.safetensors"),
  };
  const page = await runInPage<{ text: string; tokens: number[]; names: string[]; hash: number[]; errors: string[] }>({
    ...{ entry: "none", wrapper, from: import.meta.dirname, files },
    ...{ call: "both", args: [prompt, newTokens.length] },
  });
  expect(page.tokens).toEqual(newTokens);
  expect(page.text).toEqual(expect.any(String));
  await using source = await SafetensorsFile.open(files["/model.safetensors"]);
  const weights: Record<string, HostTensor> = {};
  for (const name of source.tensors.keys()) weights[name] = await source.read(name);
  const path = join(dir, "a.safetensors");
  await writeSafetensors(path, hostSources(weights, "bf16"), { metadata: { format: "pt" } });
  expect(Buffer.from(page.hash).toString("hex")).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
  expect(page.names.toSorted()).toEqual(Object.keys(weights).toSorted());
  expect(page.errors).toEqual(["E_SAFETENSORS_TRUNCATED", "E_SAFETENSORS_HEADER"]);
}, 120_000);
