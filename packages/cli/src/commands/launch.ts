// cambium launch: hands stages of a recipe to an engine, on this machine or as a job file for a cluster.
import { dirname, join, relative, resolve } from "node:path";
import {
  type ClusterLaunch,
  enginePlugin,
  kubernetesObjects,
  type OutlinePart,
  shellLine,
  slurmScript,
} from "@cambium/engine";
import { CambiumError, type Reason } from "@cambium/ir";
import { compact } from "@cambium/ir/figures";
import { resolvePlugin } from "@cambium/plugin";
import { checkRecipe, type EngineUse, localEngineName, type Recipe } from "@cambium/recipe";
import { loadRecipe, planRecipe, recipeReading } from "@cambium/run";
import { Command } from "commander";
import { stringify } from "yaml";
import { Exit } from "../failure.js";
import { type BackendFlags, keyValues, oneOf, repeated, unfit, wholeNumber, withBackendFlags } from "../flags.js";
import type { Host } from "../host.js";
import { complain, print } from "../terminal.js";
import { printOutcome, runToEnd } from "./run.js";

const printed = ["slurm", "k8s"] as const;

interface Flags extends BackendFlags {
  readonly engine: string;
  readonly arm?: readonly string[];
  readonly stage?: readonly string[];
  readonly nproc?: number;
  readonly nodes?: number;
  readonly python?: string;
  readonly engineOption?: readonly string[];
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly print?: (typeof printed)[number];
  readonly time: string;
  readonly cpus: number;
  readonly partition?: string;
  readonly image?: string;
  readonly claim?: string;
  readonly mount?: string;
  readonly json?: boolean;
}

export function launchCommand(host: Host): Command {
  return withBackendFlags(new Command("launch"))
    .argument("<recipe>", "a recipe file (YAML)")
    .requiredOption("--engine <name>", "the engine that trains them: torch, or NAME of cambium-engine-NAME")
    .option(
      "--stage <name>",
      "a stage to hand over; may be repeated (default: target, or base if nothing grows)",
      repeated,
    )
    .option("--arm <name>", "an arm whose stages are handed over; may be repeated (default: all)", repeated)
    .option("--nproc <n>", "processes on a machine", wholeNumber("--nproc", 1))
    .option("--nodes <n>", "machines of the cluster", wholeNumber("--nodes", 1))
    .option("--python <path>", "the Python interpreter that the engine uses")
    .option("--engine-option <key=value>", "a further option of the engine; may be repeated", repeated)
    .option("-o, --out <dir>", "the run's directory (default: runs/NAME)")
    .option("--dry-run", "show every file and command, write nothing and start nothing")
    .option(
      "--print <kind>",
      `write the stage's files and print its job: ${printed.join(" or ")}`,
      oneOf("--print", printed),
    )
    .option("--time <HH:MM:SS>", "the job's time limit", clockTime, "24:00:00")
    .option("--cpus <n>", "the job's CPUs on each machine", wholeNumber("--cpus", 1), 8)
    .option("--partition <name>", "Slurm: the partition")
    .option("--image <name>", "Kubernetes: a container image with everything the engine needs")
    .option("--claim <name>", "Kubernetes: the claim of the volume with the run's directory")
    .option("--mount <path>", "Kubernetes: where that volume is mounted (default: the run's directory)")
    .option("--json", "print the result as JSON")
    .addHelpText("after", help)
    .action((recipe: string, flags: Flags) => launch(recipe, flags, host));
}

const help = `
This is \`cambium run\` with \`train.engine\` set: the other stages are trained here, results and report go into the
run's directory, and the same command continues. With --print the earlier stages are trained here, the stage's files are
written, and the job is printed to standard output; when the cluster has run it, the same command without --print takes
its result into the run. Every machine must see the run's directory, the engine's package and its Python under the paths
that they have here.

With --json: as \`cambium run\`; with --dry-run [{"stage", "parts": [{"name", "text", "bytes"}]}]; with --print {"job",
"folder", "command"}, where job is null if nothing is left to hand over.

Examples:
  cambium launch recipes/quickstart.yaml --engine torch --nproc 2
  cambium launch my.yaml --engine torch --nproc 2 --stage target --dry-run
  cambium launch my.yaml --engine torch --nproc 8 --nodes 4 --engine-option device=cuda --print slurm > job.sh`;

async function launch(path: string, flags: Flags, host: Host): Promise<void> {
  const projectDir = dirname(resolve(path));
  const recipe = withEngine(await loadRecipe(path), flags);
  checkFlags(flags, path);
  if (flags.dryRun) return dryRun(recipe, path, flags, host);
  if (flags.print) return printJob(recipe, projectDir, flags, host);
  await printOutcome(await runToEnd(recipe, projectDir, flags, host), flags);
}

/** @throws CambiumError `E_OPTION` for flags that contradict each other */
function checkFlags({ engine, dryRun, print: kind }: Flags, path: string): void {
  if (dryRun && kind) {
    throw new CambiumError("E_OPTION", "--dry-run and --print exclude each other", {
      hint: "--dry-run shows what would be written; --print trains the earlier stages and prints the job",
    });
  }
  if (engine === localEngineName && (dryRun || kind)) {
    throw new CambiumError(
      "E_OPTION",
      `the engine ${localEngineName} trains in this process: it has no files and no job`,
      {
        got: dryRun ? "--dry-run" : `--print ${kind}`,
        hint: `cambium run ${path}`,
      },
    );
  }
}

/** Parser for a time limit. */
function clockTime(text: string): string {
  if (/^\d+:[0-5]\d:[0-5]\d$/.test(text)) return text;
  throw unfit("--time", "hours, minutes and seconds, e.g. 12:30:00", text);
}

/** The recipe with `train.engine` replaced by what the flags say. */
function withEngine(recipe: Recipe, flags: Flags): Recipe {
  const { engine: name, arm, nproc, nodes, python } = flags;
  const stages = flags.stage ?? (arm ? undefined : [recipe.growth.length > 0 ? "target" : "base"]);
  const use: EngineUse = {
    ...keyValues(flags.engineOption ?? [], "--engine-option"),
    ...{ name, ...(arm && { arms: arm }), ...(stages && { stages }) },
    ...(nproc !== undefined && { nproc }),
    ...(nodes !== undefined && { nodes }),
    ...(python !== undefined && { python }),
  };
  return checkRecipe({ ...recipe, train: { ...recipe.train, engine: [use] } }, (place) => place.join("."));
}

async function dryRun(recipe: Recipe, path: string, flags: Flags, host: Host): Promise<void> {
  const projectDir = dirname(resolve(path));
  const importer = host.importer(projectDir);
  const { plugin } = await resolvePlugin(enginePlugin, flags.engine, importer);
  const out = directoryOf(recipe, flags);
  const { arms } = await planRecipe(await recipeReading(recipe), { projectDir, importer });
  const handed = arms.flatMap(({ stages }) => stages.filter(({ stage }) => stage.engine));
  const outlined = [...new Map(handed.map((plan) => [plan.id, plan])).values()].map((plan) => {
    const { name } = plan.stage;
    // The digits of the stage's id depend on the data, which is not prepared here.
    const folder = join(out, "stages", `${name}-…`, "engine");
    const outline = plugin.outline?.(plan, { folder, snapshotSeconds: recipe.snapshot.everySeconds });
    const { refusals, parts } = outline ?? {
      refusals: [{ message: `the engine ${flags.engine} cannot list its files without training` }],
      parts: [],
    };
    return { refusals: refusals.map((one): Reason => ({ ...one, where: `stage "${name}"` })), stage: name, parts };
  });
  const reasons = outlined.flatMap(({ refusals }) => refusals);
  if (reasons.length > 0) {
    throw new CambiumError("E_ENGINE_CANNOT", "an engine cannot train what the recipe gives it", {
      reasons,
      hint: "name the stages that it can train by --stage and --arm: the others are trained here",
    });
  }
  const shown = outlined.map(({ stage, parts }) => ({ stage, parts }));
  if (flags.json) return print(JSON.stringify(shown));
  print(
    shown
      .map(({ stage, parts }) => [`${stage}, handed to ${flags.engine}`, ...parts.map(partText)].join("\n"))
      .join("\n\n"),
  );
}

function directoryOf({ name }: Recipe, { out = join("runs", name) }: Flags): string {
  return resolve(out);
}

function partText({ name, text, bytes: size }: OutlinePart): string {
  if (text === undefined) return `  ${name}  ${compact(size ?? 0)}B`;
  return [
    `  ${name}`,
    ...text
      .trimEnd()
      .split("\n")
      .map((line) => `    ${line}`),
  ].join("\n");
}

async function printJob(recipe: Recipe, projectDir: string, flags: Flags, host: Host): Promise<void> {
  const directory = directoryOf(recipe, flags);
  const { mount = directory } = flags;
  if (flags.print === "k8s" && relative(mount, directory).startsWith(".."))
    throw unfit("--mount", `a folder that holds the run's directory, ${directory}`, mount);
  const handed: ClusterLaunch[] = [];
  try {
    await runToEnd(recipe, projectDir, flags, host, (one) => handed.push(one));
  } catch (error) {
    if (!(error instanceof Exit) || handed.length === 0) throw error;
  }
  const [one] = handed;
  if (!one) {
    complain("Nothing to hand over: this run is done.");
    return flags.json ? print(JSON.stringify({ job: null })) : undefined;
  }
  if (flags.print === "k8s") complainOfBlanks(flags);
  const job =
    flags.print === "slurm"
      ? slurmScript(one, flags)
      : kubernetesObjects(one, { ...flags, mount })
          .map((object) => stringify(object))
          .join("---\n");
  print(flags.json ? JSON.stringify({ job, folder: one.folder, command: shellLine(one.command) }) : job.trimEnd());
}

/** The job has a word in capitals for each of these that is not given. */
function complainOfBlanks(flags: Flags): void {
  const blanks = (["image", "claim"] as const).filter((name) => flags[name] === undefined);
  if (blanks.length === 0) return;
  const words = blanks.map((name) => name.toUpperCase()).join(" and ");
  complain(`Replace ${words} in the job, or give ${blanks.map((name) => `--${name}`).join(" and ")}`);
}
