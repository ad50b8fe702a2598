// Texts that come as npm packages: the corpora of the optional package `@cambium/corpora`.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CambiumError } from "@cambium/ir";
import { closest } from "@cambium/plugin";
import { documentPieces } from "./cut.js";
import { beginning, PASSAGE_CHARS, type Source } from "./source.js";

const PACKAGE = "@cambium/corpora";

interface Document {
  readonly id: string;
  readonly text: string;
}

interface EmbeddedCorpus {
  documents(): Iterable<Document>;
}

/**
 * The corpus `name` of `@cambium/corpora`, as installed in the project in `projectDir`, or else beside this package.
 * @throws CambiumError `E_CORPORA_ABSENT` with the command that installs it; `E_CORPUS_UNKNOWN` with the known names;
 * `E_CORPORA_BROKEN` if the package fails to load.
 */
export async function embeddedSource(name: string, projectDir: string): Promise<Source> {
  const corpora = await loadCorpora(projectDir);
  const corpus = Object.hasOwn(corpora, name) ? corpora[name] : undefined;
  if (corpus === undefined) {
    const near = closest(name, Object.keys(corpora));
    throw new CambiumError("E_CORPUS_UNKNOWN", `${PACKAGE} has no corpus named "${name}"`, {
      expected: Object.keys(corpora).join(" or "),
      got: name,
      hint: `${near === undefined ? "" : `did you mean "${near}"? `}a file or folder needs a slash: ./${name}`,
    });
  }
  // Hashed once: an installed text does not change under a running process.
  let state: { bytes: number; hash: string } | undefined;
  const inspect = (): { bytes: number; hash: string } => {
    state ??= hashDocuments(corpus);
    return state;
  };
  return {
    name,
    passedOver: [],
    identity: `${PACKAGE} ${name}`,
    state: async () => ({ bytes: inspect().bytes, signature: inspect().hash, changedAt: 0 }),
    fingerprint: async () => ({ all: inspect().hash, files: [] }),
    async *passages(from = beginning) {
      let bytesRead = 0;
      let passages = 0;
      for (const { id, text } of corpus.documents()) {
        bytesRead += Buffer.byteLength(text);
        for (const piece of documentPieces(id, text))
          if (++passages > from.passages) yield { ...piece, bytesRead, next: { file: 0, passages, bytes: 0 } };
      }
    },
  };
}

function hashDocuments(corpus: EmbeddedCorpus): { bytes: number; hash: string } {
  const hash = createHash("sha256").update(JSON.stringify({ kind: "embedded", passageChars: PASSAGE_CHARS }));
  let bytes = 0;
  for (const { id, text } of corpus.documents()) {
    hash.update(JSON.stringify([id, text]));
    bytes += Buffer.byteLength(text);
  }
  return { bytes, hash: hash.digest("hex") };
}

async function loadCorpora(projectDir: string): Promise<Record<string, EmbeddedCorpus>> {
  const fromProject = createRequire(join(resolve(projectDir), "package.json"));
  let specifier = PACKAGE;
  try {
    specifier = pathToFileURL(fromProject.resolve(PACKAGE)).href;
  } catch {
    // Not in the project; it may be installed beside this package, as with a global `cambium`.
  }
  let module: { corpora?: unknown };
  try {
    module = await import(/* @vite-ignore */ specifier);
  } catch (cause) {
    throw isAbsent(cause)
      ? new CambiumError(
          "E_CORPORA_ABSENT",
          `the embedded texts are in the package ${PACKAGE}, which is not installed`,
          {
            where: projectDir,
            hint: `npm install ${PACKAGE}`,
            cause,
          },
        )
      : broken(specifier, cause);
  }
  if (typeof module.corpora !== "object" || module.corpora === null) throw broken(specifier, undefined);
  return module.corpora as Record<string, EmbeddedCorpus>;
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
  return missing && error instanceof Error && error.message.includes(`'${PACKAGE}'`);
}

function broken(specifier: string, cause: unknown): CambiumError {
  return new CambiumError("E_CORPORA_BROKEN", `the package ${PACKAGE} does not load`, {
    where: specifier,
    expected: "an export `corpora`",
    ...(cause instanceof Error ? { got: cause.message } : {}),
    hint: `npm install ${PACKAGE}`,
    cause,
  });
}
