// cambium eval: evaluates a checkpoint or a run on tasks.
import { basename, join, resolve } from "node:path";
import type { Tokenizer } from "@cambium/data";
import { askedOf, builtInTasks, type EvalTask, type Evaluated, harnessResults, resolveTask } from "@cambium/eval";
import {
  type AskedTask,
  type DataSet,
  evaluateRows,
  findDataSet,
  readDataSet,
  scoresIdentity,
} from "@cambium/eval/node";
import { writeFileAtomic } from "@cambium/files";
import { Scorer } from "@cambium/inference";
import { CambiumError, Mistakes } from "@cambium/ir";
import { duration } from "@cambium/ir/figures";
import { contextLength } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import { readParameters } from "@cambium/run";
import { Command } from "commander";
import { beginning } from "../beginning.js";
import { drawTable } from "../draw-table.js";
import { Exit } from "../failure.js";
import {
  type BackendFlags,
  type FamilyFlags,
  keyValues,
  repeated,
  unfit,
  wholeNumber,
  withBackendFlags,
  withFamilyFlag,
} from "../flags.js";
import type { Host } from "../host.js";
import { scoredBy } from "../scored-by.js";
import { stopOnSignals } from "../signals.js";
import { StatusLine } from "../status-line.js";
import { complain, print } from "../terminal.js";

interface Flags extends BackendFlags, FamilyFlags {
  readonly tasks?: string;
  readonly data: string;
  readonly taskOption?: readonly string[];
  readonly limit?: number;
  readonly batchTokens: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function evalCommand(host: Host): Command {
  return withFamilyFlag(withBackendFlags(new Command("eval")))
    .argument("<model>", "a Hugging Face directory or a run's directory")
    .requiredOption(
      "--data <folder>",
      "holds TASK.jsonl, .json or .parquet for each task, or the task's folder as the Hugging Face hub has it",
    )
    .option("--tasks <names>", "separated by commas (default: every task that the folder has rows for)")
    .option("--task-option <task.key=value>", "an option of a task, e.g. facts.shots=5; may be repeated", repeated)
    .option("--limit <n>", "only the first n rows of each task", wholeNumber("--limit", 1))
    .option("--batch-tokens <n>", "tokens in a batch", wholeNumber("--batch-tokens", 1), 2048)
    .option("--out <folder>", "where results and scores go (default: evals/NAME of the model)")
    .option("--json", "print the results as JSON, with the harness's keys")
    .addHelpText(
      "after",
      `
Built-in tasks: ${builtInTasks.map(({ name }) => name).join(", ")}.
Others are packages (cambium-eval-NAME) or paths. The same command continues an evaluation that was interrupted.

With --json: {"results": {TASK: {"acc,none": 0.5, "acc_stderr,none": 0.01, …}}, "versions", "n-shot", "n-samples", …}

Examples:
  cambium eval ./llama --data ./eval-data
  cambium eval runs/quickstart --data ./eval-data --tasks arc_easy,lambada_openai --limit 200
  cambium eval ./llama --data ./eval-data --tasks cambium-eval-facts --task-option facts.shots=5
  cambium eval ./llama --data ./eval-data --tasks wikitext --backend webgpu --json`,
    )
    .action((path: string, flags: Flags) => run(path, flags, host));
}

async function run(path: string, flags: Flags, host: Host): Promise<void> {
  const importer = host.importer(process.cwd());
  const mistakes = new Mistakes();
  const { tasks: words } = flags;
  const sets =
    words === undefined
      ? await mistakes.check(() => setsThere(flags.data))
      : await mistakes.check(() => setsOf(namesIn(words), flags.data, importer, mistakes));
  const { source, model, tokenizer, computing } = await beginning(path, flags, host, mistakes);
  const options = await mistakes.check(() => optionsByTask(flags.taskOption ?? [], sets ?? []));
  const tasks: TaskRows[] = [];
  for (const { task, set } of sets ?? [])
    await mistakes.check(async () => {
      const { rows, all } = await readDataSet(set, flags.limit);
      // A row that does not fit would otherwise be found when the tasks before it have been evaluated.
      const where = set.files.join(", ");
      const own = options?.get(task.name) ?? {};
      if (model && tokenizer) askedOf({ task, options: own, rows, tokenizer, longest: contextLength(model), where });
      tasks.push({ task, options: own, rows, all });
    });
  mistakes.throwIfAny();
  if (!sets || !source || !model || !tokenizer || !computing) throw new Error("a mistake was not reported");

  const out = flags.out ?? join("evals", basename(resolve(path)));
  const parameters = await readParameters(source.path, model);
  const { signal, release } = stopOnSignals(() => {});
  try {
    await using device = await computing.backend.open(computing.chosen.options);
    using scorer = await Scorer.open(device, model, parameters, { tokens: flags.batchTokens });
    const { version, device: processor } = device.info;
    const backend = { ...computing.chosen, version, processor };
    const by = await scoredBy(source.path, tokenizer, backend, flags.batchTokens);
    const work = { scorer, tokenizer, by, out, signal };
    const done: Evaluated[] = [];
    for (const task of tasks) done.push(await evaluateTask(task, work));
    const results = {
      ...harnessResults(done, Object.fromEntries(tasks.map(({ task, all }) => [task.name, all]))),
      config: { model: path, limit: flags.limit ?? null, device: device.info },
    };
    await writeFileAtomic(join(out, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
    if (flags.json) print(JSON.stringify(results));
    else print(`${tableOf(done, tasks)}\nScores and results: ${out}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    complain(`Interrupted; the same command continues from the scores in ${out}.`);
    throw new Exit(130);
  } finally {
    release();
  }
}

interface TaskSet {
  readonly task: EvalTask;
  readonly set: DataSet;
}

interface TaskRows extends AskedTask {
  /** How many rows the data set has, of which `--limit` may have left some out. */
  readonly all: number;
}

/** The names in `--tasks`. @throws CambiumError `E_OPTION` if there are none */
function namesIn(words: string): ReadonlySet<string> {
  const names = words.split(",").map((one) => one.trim());
  const some = new Set(names.filter((name) => name !== ""));
  if (some.size > 0) return some;
  throw unfit("--tasks", "names separated by commas", JSON.stringify(words));
}

/** The options of each task by its name. @throws CambiumError `E_OPTION` for an option of no task that is evaluated */
function optionsByTask(words: readonly string[], sets: readonly TaskSet[]): ReadonlyMap<string, AskedTask["options"]> {
  const found = new Map<string, Record<string, unknown>>();
  for (const [place, value] of Object.entries(keyValues(words, "--task-option"))) {
    const dot = place.lastIndexOf(".");
    const [name, key] = [place.slice(0, Math.max(0, dot)), place.slice(dot + 1)];
    if (name === "" || key === "") throw unfit("--task-option", "TASK.KEY=VALUE", place);
    if (sets.length > 0 && !sets.some(({ task }) => task.name === name))
      throw unfit("--task-option", `an option of ${sets.map(({ task }) => task.name).join(", ")}`, place);
    found.set(name, { ...found.get(name), [key]: value });
  }
  return found;
}

/** The tasks called `names`, with their files. */
async function setsOf(
  names: ReadonlySet<string>,
  data: string,
  importer: PluginImporter,
  mistakes: Mistakes,
): Promise<TaskSet[]> {
  const sets: TaskSet[] = [];
  for (const name of names) {
    const task = await mistakes.check(() => resolveTask(name, importer));
    const set = task && (await mistakes.check(() => findDataSet(data, task)));
    if (set) sets.push({ task, set });
  }
  return sets;
}

/** The built-in tasks that the folder has rows for. @throws CambiumError `E_EVAL_FILES` if there are none */
async function setsThere(data: string): Promise<TaskSet[]> {
  const sets: TaskSet[] = [];
  for (const task of builtInTasks) {
    const { got: set } = await findDataSet(data, task).then(
      (got) => ({ got }),
      (error) => {
        if (error instanceof CambiumError && error.code === "E_EVAL_FILES") return { got: undefined };
        throw error;
      },
    );
    if (set) sets.push({ task, set });
  }
  if (sets.length > 0) return sets;
  throw new CambiumError("E_EVAL_FILES", "the folder has no rows for any built-in task", {
    where: data,
    expected: `TASK.jsonl, .json or .parquet, with TASK one of ${builtInTasks.map(({ name }) => name).join(", ")}`,
  });
}

interface Work {
  readonly scorer: Scorer;
  readonly tokenizer: Tokenizer;
  /** What decides the scores, besides the task. */
  readonly by: object;
  readonly out: string;
  readonly signal: AbortSignal;
}

async function evaluateTask({ task, options, rows }: AskedTask, work: Work): Promise<Evaluated> {
  const { scorer, tokenizer, by, out, signal } = work;
  const asked = { task, options, rows };
  const line = new StatusLine(process.stderr);
  try {
    return await evaluateRows({
      ...{ ...asked, scorer, tokenizer, signal, identity: scoresIdentity(asked, by) },
      journal: join(out, `${task.name}.scores.jsonl`),
      onProgress: (done, total, left) =>
        line.show(() => `${task.name} ${Math.floor((100 * done) / total)} %  ${duration(left)} left`),
    });
  } finally {
    line.stop();
  }
}

function tableOf(evaluated: readonly Evaluated[], tasks: readonly TaskRows[]): string {
  const rows: (string | number)[][] = [];
  for (const [i, { task, documents, metrics }] of evaluated.entries()) {
    // Figures of fewer rows are not those that others publish.
    const published = tasks[i]?.task.dataset?.rows ?? documents;
    for (const [name, { value, stderr, better }] of Object.entries(metrics)) {
      rows.push([
        task,
        published === documents ? documents : `${documents} of ${published}`,
        `${name} ${better === "higher" ? "↑" : "↓"}`,
        figure(value),
        stderr === undefined ? "–" : figure(stderr),
      ]);
    }
  }
  return drawTable(["task", "rows", "metric", "value", "± error"], rows, (i) => i === 1 || i > 2);
}

function figure(value: number): string {
  return Math.abs(value) < 1000 ? value.toFixed(4) : value.toPrecision(5);
}
