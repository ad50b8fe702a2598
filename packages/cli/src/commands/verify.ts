// cambium verify: checks whether backends compute what the reference does, and finds the first op that does not.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Backend, installBackend, resolveBackend } from "@cambium/backend";
import { withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { PluginImporter } from "@cambium/plugin";
import { requirePrecision } from "@cambium/train";
import { Expected, type Verified, type VerifiedCase, verifyBackend } from "@cambium/verify";
import { Command } from "commander";
import { checkFailed, Exit } from "../failure.js";
import { keyValues, repeated, wholeNumber, withFamilyFlag, withPrecisionFlag } from "../flags.js";
import type { Host } from "../host.js";
import { Pace } from "../pace.js";
import { stopOnSignals } from "../signals.js";
import { StatusLine } from "../status-line.js";
import { complain, print } from "../terminal.js";
import { verifiedPage } from "../verify-page.js";
import { type SubjectFlags, type Subjects, subjectsOf } from "../verify-subjects.js";
import { verifiedText } from "../verify-view.js";

interface Flags extends SubjectFlags {
  readonly backends?: string;
  readonly backendOption?: readonly string[];
  readonly bisect?: string | boolean;
  readonly patience: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function verifyCommand(host: Host): Command {
  return withFamilyFlag(withPrecisionFlag(new Command("verify")))
    .argument("[path]", "a recipe, a run or a Hugging Face directory (default: a small model of every family)")
    .option("--backends <names>", "installed backends, packages or paths, comma-separated (default: all that run here)")
    .option(
      "--backend-option <key=value>",
      "an option of the backend, or of one of several as NAME:key=value; may be repeated",
      repeated,
    )
    .option("--batch <n>", "sequences in a batch", wholeNumber("--batch", 1), 1)
    .option("--context <n>", "tokens in a sequence (default: 8)", wholeNumber("--context", 1))
    .option("--steps <n>", "training steps; 0 for forward and backward only", wholeNumber("--steps"), 3)
    .option(
      "--bisect [folder]",
      "shrink a failure to the smallest graph that shows it and keep it as a test case (default: verify-cases)",
    )
    .option(
      "--patience <seconds>",
      "seconds that a backend may take for one answer, such as compiling or a run",
      wholeNumber("--patience", 1),
      120,
    )
    .option("--out <file>", "write a page with magnitudes and errors over depth (.html)")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      `
Every op is checked alone against float64, on the inputs that the device itself computed. Its tolerance follows from the
width of the dtypes and the number of terms that it sums. Then whole steps run as in training; their outputs may be off
by what those roundings add up to. The reference is slow: keep models and contexts small.

The exit code is 0 only if every backend agrees, and 3 if one departs, fails or does not answer.

With --json: {"agrees", "first": {"backend", "op", "layer", "error", "tolerance", "model", "step", "reads", "output",
"element", "got", "expected", "count", "kind"} | null, "runs": [{"backend", "model", "agrees", "first", "failed": {"code",
"message"} | null, "depth", "outputs", "case", …}], "without"}; an error that is not finite is given as the largest double.

A test can run a kept case: describeBackend(backend, { cases: [keptCase(json)] }), of @cambium/backend/conformance.

Examples:
  cambium verify                                     every backend that runs here, a small model of every family
  cambium verify --backends onnx,./my-backend.mjs --bisect
  cambium verify ./llama --backends webgpu --precision mixed --steps 1
  cambium verify recipe.yaml --backends onnx,tfjs --out verify.html`,
    )
    .action((path: string | undefined, flags: Flags) => run(path, flags, host));
}

async function run(path: string | undefined, flags: Flags, host: Host): Promise<void> {
  const { subjects, without } = await subjectsOf(path, flags, host);
  const backends = await backendsOf(flags, host.importer(process.cwd()));
  const status = new StatusLine(process.stderr);
  const { signal, release } = stopOnSignals(() => complain("Stopping after this op; findings so far are shown"));
  const runs: (Verified & { readonly case?: string })[] = [];
  const pace = new Pace();
  const pairs = subjects.length * backends.length;
  try {
    for (const subject of subjects) {
      const expected = new Expected(subject);
      for (const { backend, options } of backends) {
        const onProgress = (what: string, share: number) => {
          signal.throwIfAborted();
          const done = runs.length + share;
          // The time to open a device and to compile first says little about the rest.
          const ahead = done < 0.1 * pairs ? "" : `, ${pace.left(done, pairs)}`;
          status.show(() => `${subject.name} on ${backend.name}: ${what}${ahead}`);
        };
        const found = await verifyBackend(backend, expected, {
          ...{ options, patience: flags.patience, signal, bisect: Boolean(flags.bisect), onProgress },
          require: (info) => flags.precision && requirePrecision(info, flags.precision),
        });
        status.stop();
        runs.push(await kept(found, flags.bisect));
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    status.stop();
    release();
  }
  const first = runs.find((one) => one.first)?.first ?? null;
  const agrees = runs.length === pairs && runs.every((one) => one.agrees);
  if (flags.out !== undefined) await writeFileAtomic(flags.out, verifiedPage(runs));
  if (flags.json) print(JSON.stringify({ agrees, first, runs, without }));
  else show(runs, path !== undefined, without);
  // A device that hangs may keep the process alive.
  if (runs.some(({ failed }) => failed) || signal.aborted) setTimeout(() => process.exit(), 1000).unref();
  if (signal.aborted) throw new Exit(130);
  if (!agrees) throw new Exit(checkFailed);
}

function show(runs: readonly (Verified & { case?: string })[], depth: boolean, without: Subjects["without"]): void {
  print(verifiedText(runs, depth));
  for (const one of runs) if (one.case) print(`    kept as ${one.case}`);
  for (const { name, reason } of without) complain(`The family ${name} has no small model to check: ${reason}`);
}

interface Chosen {
  readonly backend: Backend;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** The backends that `--backends` names, else all installed ones with a device here. @throws CambiumError `E_OPTION` */
async function backendsOf({ backends, backendOption = [] }: Flags, importer: PluginImporter): Promise<Chosen[]> {
  const asked = backends
    ?.split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const names = asked ?? (importer.list?.() ?? []).filter(({ kind }) => kind === "backend").map(({ name }) => name);
  const found: Chosen[] = [];
  for (const name of names) {
    const backend = await resolveBackend(name, importer).catch((error: unknown) => {
      if (!asked && error instanceof CambiumError && error.code === "E_PLUGIN_MISSING") return undefined;
      throw error;
    });
    if (!backend) continue;
    if (!asked && !(await backend.probe()).some(({ available }) => available)) continue;
    const own = backendOption.flatMap((word) => {
      const prefix = [`${name}:`, `${backend.name}:`].find((start) => word.startsWith(start));
      if (prefix) return [word.slice(prefix.length)];
      return names.length === 1 ? [word] : [];
    });
    found.push({ backend, options: keyValues(own, "--backend-option") });
  }
  if (found.length > 0) return found;
  const hint = `${installBackend} brings one that runs everywhere`;
  throw new CambiumError("E_OPTION", "no backend runs here", { expected: "--backends with names", hint });
}

async function kept({ kept, ...found }: VerifiedCase, bisect: Flags["bisect"]): Promise<Verified & { case?: string }> {
  if (!kept || !found.first) return found;
  const folder = typeof bisect === "string" ? bisect : "verify-cases";
  const name = [found.backend, found.first.op, found.model].join("-").replace(/[^\w.-]+/g, "-");
  const file = join(folder, `${name}.json`);
  await withFileErrors(folder, () => mkdir(folder, { recursive: true }));
  await writeFileAtomic(file, `${JSON.stringify(kept)}\n`);
  return { ...found, case: file };
}
