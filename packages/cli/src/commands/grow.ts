// cambium grow: a checkpoint into a larger one.
import { resolvePlugin } from "@cambium/backend";
import { hostSource, openModelDirectory, type StorageDType, writeModelDirectory } from "@cambium/checkpoint";
import { applyPlan, describePlan, operatorPlugin } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { parameterTable, parseHfConfig, toHfConfig } from "@cambium/model";
import { Command } from "commander";
import { keyValues, realNumber, repeated, wholeNumber } from "../flags.js";
import type { Host } from "../host.js";
import { findModel } from "../model-source.js";

interface Flags {
  readonly operator: string;
  readonly factor?: number;
  readonly layers?: number;
  readonly set?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function growCommand(host: Host): Command {
  return new Command("grow")
    .description("Grow a Llama checkpoint: a Hugging Face directory in, a larger one out.")
    .argument("<source>", "a Hugging Face directory, or a run's directory")
    .argument("<target>", "the directory to write; it must not exist")
    .option("--operator <name>", "a growth operator: stack, another installed one, a package or a path", "stack")
    .option("--factor <g>", "layers after / layers before", realNumber("--factor", 1))
    .option("--layers <n>", "layers after, instead of a factor", wholeNumber("--layers", 1))
    .option("--set <option=value>", "a further option of the operator; may be repeated", repeated)
    .option("--dry-run", "print the plan and write nothing")
    .option("--json", "print the plan as JSON")
    .addHelpText(
      "after",
      `
With --json: {"written": DIR or null, "plan": {"operator", "base", "target", "tensors", …}}

Examples:
  cambium grow ./llama-6l ./llama-24l --factor 4
  cambium grow ./llama-6l ./llama-12l --operator stack --layers 12 --dry-run`,
    )
    .action((from: string, to: string, flags: Flags) => run(from, to, flags, host));
}

async function run(path: string, to: string, flags: Flags, host: Host): Promise<void> {
  const { plugin } = await resolvePlugin(operatorPlugin, flags.operator, host.importer(process.cwd()));
  const { path: from } = await findModel(path);
  await using source = await openModelDirectory(from);
  const { config } = parseHfConfig(source.configJson);
  const plan = plugin.plan(config, {
    ...keyValues(flags.set ?? [], "--set"),
    ...(flags.factor !== undefined && { factor: flags.factor }),
    ...(flags.layers !== undefined && { layers: flags.layers }),
  });
  const table = new Set(parameterTable(config).map(({ name }) => name));
  const strangers = [...source.tensors.keys()].filter((name) => !table.has(name));
  if (strangers.length > 0) {
    const reasons = strangers.map((where) => ({ where, message: "is no parameter of a Llama model" }));
    throw new CambiumError("E_GROWTH_UNKNOWN_TENSOR", "the checkpoint has tensors that would be lost", {
      where: from,
      reasons,
    });
  }
  if (!flags.json) console.log(describePlan(plan));
  if (!flags.dryRun) {
    const tensors = [];
    for await (const [name, tensor] of applyPlan(plan, { get: (name) => source.read(name) }, { share: true })) {
      tensors.push(hostSource(name, tensor, tensor.dtype as StorageDType));
    }
    const configJson = toHfConfig(plan.target, { source: source.configJson });
    await writeModelDirectory(to, { configJson, tensors, extraFiles: source.files });
  }
  if (flags.json) console.log(JSON.stringify({ written: flags.dryRun ? null : to, plan }));
  else if (!flags.dryRun) console.log(`Written: ${to}`);
}
