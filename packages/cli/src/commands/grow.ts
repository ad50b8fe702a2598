// cambium grow: grows a checkpoint into a larger one.
import { type DryRunRequest, dryRunGrowth, type GrowReport, growDirectory, planGrowth } from "@cambium/grow/node";
import { type Operator, planJson } from "@cambium/growth";
import { CambiumError, Mistakes } from "@cambium/ir";
import { Command } from "commander";
import { checkFailed, Exit } from "../failure.js";
import { byteCount, type FamilyFlags, oneOf, withFamilyFlag } from "../flags.js";
import { growthFlops } from "../grow-flops.js";
import { type OperatorFlags, operatorRequest, withOperatorFlags } from "../grow-request.js";
import { growProgress, reportText } from "../grow-view.js";
import type { Host } from "../host.js";
import { findModel, projectFamilies } from "../model-source.js";
import { stopOnSignals } from "../signals.js";
import { complain, print, visible } from "../terminal.js";

interface Flags extends OperatorFlags, FamilyFlags {
  readonly mergekit?: string;
  readonly as?: string;
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly maxShardSize?: string;
  readonly dtype?: string;
  readonly verify?: boolean;
  readonly drop?: readonly string[];
  readonly followLinks?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function growCommand(host: Host): Command {
  return withFamilyFlag(withOperatorFlags(new Command("grow")))
    .usage("[options] <source> <target>")
    .argument("[source]", "a Hugging Face directory, or a run's directory; a mergekit file names its own")
    .argument("[target]", "the directory to write; it must not exist")
    .option("--mergekit <file>", "grow as this mergekit passthrough file says; then TARGET is the only argument")
    .option("--dry-run", "say what would be done and what would prevent it, from headers alone; write nothing")
    .option("--as <format>", "with --dry-run, print the growth as a file for: mergekit; TARGET may be left out")
    .option("--check", "measure what the growth keeps on a small random model of the family; TARGET may be left out")
    .option("--max-shard-size <bytes>", "largest weight file, e.g. 5GB (the default) or 900MB")
    .option("--dtype <type>", "store float tensors as f32, f16 or bf16 (default: unchanged, bit for bit)")
    .option(
      "--verify",
      "read result and source again and compare; growth.json then also has each file's SHA-256. Without it, files of a growth that is there already are compared in samples",
    )
    .option("--drop <tensors...>", "leave these tensors out; * stands for anything")
    .option("--follow-links", "follow links in the source that lead out of its folder")
    .option("--strict", "refuse what could not be checked, such as the code of an unknown model type")
    .option("--json", "print the figures as JSON")
    .addHelpText(
      "after",
      `
Operators that only copy layers grow any decoder whose tensors are named …layers.N.…, including quantised ones.
The same command continues a growth that was interrupted or killed.
--check exits with code 3 if the measurements contradict the operator's claims.

With --json: {"written": DIR or null, "layers", "bytesOut", "memory", "flops", …, "plan": {"operator", "target", …} as in growth.json}

Examples:
  cambium grow ./llama-6l ./llama-24l --factor 4
  cambium grow ./llama-6l ./llama-12l --operator stack --layers 12 --dry-run
  cambium grow ./deepseek ./deeper --factor 2 --drop 'model.layers.61.*'
  cambium grow ./llama-6l --operator direct-width --factor 2 --check
  cambium grow --mergekit ./solar.yml ./solar
  cambium grow ./llama-6l --operator zero-depth --factor 2 --dry-run --as mergekit`,
    )
    .action((from: string | undefined, to: string | undefined, flags: Flags, command: Command) =>
      run([from, to], chosen(flags, command), host),
    );
}

/** The flags without the default operator if --mergekit is given: the mergekit file defines the operator. */
function chosen(flags: Flags, command: Command): Flags {
  const { operator: _, ...others } = flags;
  return flags.mergekit !== undefined && command.getOptionValueSource("operator") === "default" ? others : flags;
}

async function run(words: readonly (string | undefined)[], flags: Flags, host: Host): Promise<void> {
  const { json, dryRun = false, verify = false, maxShardSize, dtype } = flags;
  const { source, target: to } = placesOf(words, flags);
  const mistakes = new Mistakes();
  const file =
    flags.mergekit === undefined
      ? undefined
      : await (await import("../mergekit-request.js")).mergekitRequest(flags.mergekit, flags);
  const { operator, options } = file ?? (await operatorRequest(flags, host, mistakes));
  const size =
    maxShardSize && (await mistakes.check(() => ({ maxShardBytes: byteCount("--max-shard-size")(maxShardSize) })));
  const type = dtype && (await mistakes.check(() => ({ dtype: oneOf("--dtype", ["f32", "f16", "bf16"])(dtype) })));
  const path = source ?? (file?.model as string);
  const model = await mistakes.check(() => findModel(path));
  const families = await mistakes.check(() => projectFamilies(flags, host, model));
  const request: DryRunRequest = {
    ...{
      operator,
      options,
      mistakes,
      strict: flags.strict ?? false,
      drop: flags.drop ?? [],
      followLinks: flags.followLinks ?? false,
      ...size,
      ...type,
      ...file?.dtypes,
    },
    ...(families && { families }),
    onReport: (report) => {
      for (const warning of report.warnings) complain(`Warning: ${warning}.`);
      if (!json) print(reportText(report));
    },
  };
  const from = model?.path ?? path;
  if (flags.as !== undefined) {
    const plan = await planGrowth(from, request);
    const { mergekitText } = await import("@cambium/grow/mergekit");
    process.stdout.write(visible(mergekitText(plan, from, request.dtype)));
    return;
  }
  if (flags.check) {
    const plan = await planGrowth(from, request);
    const { checkedText, checkGrowth } = await import("../grow-check.js");
    const checked = await checkGrowth(operator as Operator, plan);
    print(json ? JSON.stringify(checked) : checkedText(checked));
    if (!checked.holds) throw new Exit(checkFailed);
    return;
  }
  const { report, state } = dryRun
    ? { report: await dryRunGrowth(from, to, request), state: "dry" }
    : await grow(from, to, request, verify);
  if (json) print(JSON.stringify({ written: dryRun ? null : to, ...jsonOf(report) }));
  else if (state === "cached") print(`Nothing to do: ${to} is this growth${verify ? ", and verified" : ""}.`);
  else if (state === "done") print(`Written: ${to}`);
}

/**
 * Source and target among the arguments. A mergekit file names its source, and a plan that is only printed needs no
 * target. @throws CambiumError `E_OPTION`
 */
function placesOf(words: readonly (string | undefined)[], { as, dryRun, check, mergekit }: Flags) {
  if (as !== undefined) {
    oneOf("--as", ["mergekit"])(as);
    if (!dryRun) throw new CambiumError("E_OPTION", "--as needs --dry-run", { hint: "it only prints" });
  }
  const given = words.flatMap((word) => word ?? []);
  const writes = as === undefined && !check;
  const wanted = [...(mergekit === undefined ? ["SOURCE"] : []), ...(writes ? ["TARGET"] : [])];
  if (given.length !== wanted.length && (writes || given.length !== wanted.length + 1)) {
    const got = given.join(" ") || "nothing";
    throw new CambiumError("E_OPTION", "source and target do not fit", { expected: wanted.join(" "), got });
  }
  const [source, target = ""] = mergekit === undefined ? given : [undefined, ...given];
  return { source, target };
}

function jsonOf(report: GrowReport): object {
  const { plan, ...figures } = report;
  return { ...figures, flops: growthFlops(report) ?? null, plan: planJson(plan) };
}

async function grow(from: string, to: string, request: DryRunRequest, verify: boolean) {
  const progress = growProgress(process.stderr);
  const { signal, release } = stopOnSignals(() => process.stderr.write("\nStopping …\n"));
  try {
    const outcome = await growDirectory(from, to, { ...request, verify, signal, onProgress: progress.show });
    if (outcome.state !== "interrupted") return outcome;
    throw new Exit(130, "Interrupted; what was written is kept. The same command continues.");
  } finally {
    progress.stop();
    release();
  }
}
