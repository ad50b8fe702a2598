// Compares the ids of random tokenizers, of which tokenizer_random.py prints those of Python's tokenizers: each text has
// the same ids here, or is refused. Exits with 1 if one has others.
import { readFileSync } from "node:fs";
import { CambiumError } from "../../packages/ir/src/index.js";
import { openRustTokenizer } from "../../packages/data/src/node/rust-tokenizer.js";
import { huggingFaceTokenizer } from "../../packages/data/src/tokenizer/hugging-face.js";

interface Case {
  readonly name: string;
  readonly tokenizer: object;
  readonly texts: readonly string[];
  /** Null where the original gives up. */
  readonly ids: readonly (readonly number[] | null)[] | null;
}

const counts = { tokenizers: 0, refusedHereAlone: 0, texts: 0, alike: 0, refusedTexts: 0, wrong: 0 };
const reasons = new Map<string, number>();

async function orRefused<T>(work: () => T | Promise<T>): Promise<T | CambiumError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
}

function isWrong(text: string, ids: readonly number[] | null, own: Int32Array | CambiumError): boolean {
  counts.texts += 1;
  if (own instanceof CambiumError) {
    counts.refusedTexts += 1;
    const what = own.code === "E_TOKENIZER_UNKNOWN" ? own.code : `${own.summary}: ${own.details.expected ?? own.details.got}`;
    if (ids !== null) reasons.set(what, (reasons.get(what) ?? 0) + 1);
    return false;
  }
  if (ids?.join() === own.join()) {
    counts.alike += 1;
    return false;
  }
  counts.wrong += 1;
  console.log(JSON.stringify({ text, python: ids, here: [...own] }));
  return true;
}

for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const { name, tokenizer, texts, ids } = JSON.parse(line) as Case;
  counts.tokenizers += 1;
  const file = { name, tokenizer: { path: name, text: JSON.stringify(tokenizer) } };
  const opened = await orRefused(() => huggingFaceTokenizer(file, openRustTokenizer));
  if (opened instanceof CambiumError) {
    if (ids === null) continue;
    counts.refusedHereAlone += 1;
    const what = (opened.details.reasons ?? [{ message: `${opened.summary}: ${opened.details.got}` }]).map(
      ({ message }) => message,
    );
    reasons.set(what.join(), (reasons.get(what.join()) ?? 0) + 1);
    continue;
  }
  let wrong = 0;
  for (const [i, text] of texts.entries())
    if (isWrong(text, ids === null ? null : (ids[i] ?? null), await orRefused(() => opened.encode(text)))) wrong += 1;
  if (wrong === 0) continue;
  const { model, ...parts } = tokenizer as { readonly model: Readonly<Record<string, unknown>> };
  const { vocab: _, merges: __, ...flags } = model;
  console.log(`${name}: ${wrong} texts, ${JSON.stringify({ ...parts, model: flags })}`);
}
console.log(JSON.stringify(counts));
for (const [what, count] of [...reasons].toSorted((a, b) => b[1] - a[1]).slice(0, 20)) console.log(count, what);
process.exitCode = counts.wrong > 0 ? 1 : 0;
