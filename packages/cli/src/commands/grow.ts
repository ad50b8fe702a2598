// cambium grow: a checkpoint into a larger one.
import { resolvePlugin } from "@cambium/backend";
import { type GrowOptions, growDirectory, preflightGrowth } from "@cambium/checkpoint";
import { operatorPlugin } from "@cambium/growth";
import { Command } from "commander";
import { Quit } from "../failure.js";
import { byteCount, keyValues, realNumber, repeated, wholeNumber } from "../flags.js";
import { growProgress, preflightText } from "../grow-view.js";
import type { Host } from "../host.js";
import { findModel } from "../model-source.js";
import { stopOnSignals } from "../signals.js";

interface Flags {
  readonly operator: string;
  readonly factor?: number;
  readonly layers?: number;
  readonly set?: readonly string[];
  readonly dryRun?: boolean;
  readonly maxShardSize?: number;
  readonly verify?: boolean;
  readonly json?: boolean;
}

export function growCommand(host: Host): Command {
  return new Command("grow")
    .description("Grow a checkpoint: a Hugging Face directory in, a larger one out, streamed.")
    .argument("<source>", "a Hugging Face directory, or a run's directory")
    .argument("<target>", "the directory to write; it must not exist")
    .option("--operator <name>", "a growth operator: stack, another installed one, a package or a path", "stack")
    .option("--factor <g>", "layers after / layers before", realNumber("--factor", 1))
    .option("--layers <n>", "layers after, instead of a factor", wholeNumber("--layers", 1))
    .option("--set <option=value>", "a further option of the operator; may be repeated", repeated)
    .option("--dry-run", "say what would be done, from headers alone, and write nothing")
    .option(
      "--max-shard-size <bytes>",
      "weights in one file, e.g. 5GB (the default) or 900MB",
      byteCount("--max-shard-size"),
    )
    .option("--verify", "read the result again and compare hashes before it appears")
    .option("--json", "print the figures as JSON")
    .addHelpText(
      "after",
      `
Operators that only copy layers grow any decoder whose tensors are named …layers.N.…, quantised ones too.
A growth that was stopped or killed continues when the same command is given again.
With --json: {"written": DIR or null, "layers", "bytesOut", …, "plan": {"operator", "base", "target", …}}

Examples:
  cambium grow ./llama-6l ./llama-24l --factor 4
  cambium grow ./llama-6l ./llama-12l --operator stack --layers 12 --dry-run`,
    )
    .action((from: string, to: string, flags: Flags) => run(from, to, flags, host));
}

async function run(path: string, to: string, flags: Flags, host: Host): Promise<void> {
  const { plugin: operator } = await resolvePlugin(operatorPlugin, flags.operator, host.importer(process.cwd()));
  const { path: from } = await findModel(path);
  const options = {
    ...keyValues(flags.set ?? [], "--set"),
    ...(flags.factor !== undefined && { factor: flags.factor }),
    ...(flags.layers !== undefined && { layers: flags.layers }),
  };
  const request = { operator, options, ...(flags.maxShardSize !== undefined && { maxShardBytes: flags.maxShardSize }) };
  const report = await preflightGrowth(from, to, request);
  if (!flags.json) console.log(preflightText(report));
  if (!flags.dryRun) await grow(from, to, { ...request, verify: flags.verify ?? false });
  if (flags.json) console.log(JSON.stringify({ written: flags.dryRun ? null : to, ...report }));
  else if (!flags.dryRun) console.log(`Written: ${to}`);
}

async function grow(from: string, to: string, options: GrowOptions): Promise<void> {
  const progress = growProgress(process.stderr);
  const { signal, release } = stopOnSignals(() => process.stderr.write("\nStopping …\n"));
  try {
    const { state } = await growDirectory(from, to, { ...options, signal, onProgress: progress.show });
    if (state === "stopped") throw new Quit(130, "Stopped; what is written is kept. The same command continues.");
  } finally {
    progress.stop();
    release();
  }
}
