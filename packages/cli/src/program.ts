// Parses the command line and runs a command. A command is one file in commands/ and one line here.
import { Command } from "commander";
import { version } from "../package.json";
import { exitCodes, reportFailure } from "./failure.js";
import { type Host, nodeHost } from "./host.js";

/** Commands by name, loaded on demand: growing a checkpoint does not load what draws reports. */
const commands: Record<string, () => Promise<(host: Host) => Command>> = {
  init: async () => (await import("./commands/init.js")).initCommand,
  run: async () => (await import("./commands/run.js")).runCommand,
  launch: async () => (await import("./commands/launch.js")).launchCommand,
  data: async () => (await import("./commands/data.js")).dataCommand,
  train: async () => (await import("./commands/train.js")).trainCommand,
  grow: async () => (await import("./commands/grow.js")).growCommand,
  preview: async () => (await import("./commands/preview.js")).previewCommand,
  generate: async () => (await import("./commands/generate.js")).generateCommand,
  eval: async () => (await import("./commands/eval.js")).evalCommand,
  serve: async () => (await import("./commands/serve.js")).serveCommand,
  inspect: async () => (await import("./commands/inspect.js")).inspectCommand,
  report: async () => (await import("./commands/report.js")).reportCommand,
  sweep: async () => (await import("./commands/sweep.js")).sweepCommand,
  plan: async () => (await import("./commands/plan.js")).planCommand,
  fit: async () => (await import("./commands/fit.js")).fitCommand,
  verify: async () => (await import("./commands/verify.js")).verifyCommand,
  plugins: async () => (await import("./commands/plugins.js")).pluginsCommand,
  setup: async () => (await import("./commands/setup.js")).setupCommand,
  create: async () => (await import("./commands/create.js")).createCommand,
  bench: async () => (await import("./commands/bench.js")).benchCommand,
  doctor: async () => (await import("./commands/doctor.js")).doctorCommand,
};

/**
 * Runs one command line. Results go to standard output, progress and errors to standard error.
 * @param args the words after `cambium`
 * @returns the exit code
 */
export async function main(args: readonly string[], host: Host = nodeHost): Promise<number> {
  try {
    const named = args[0] !== undefined && Object.hasOwn(commands, args[0]) ? [args[0]] : Object.keys(commands);
    const loaded = await Promise.all(named.map((name) => commands[name]?.()));
    const cambium = program(
      host,
      loaded.filter((make) => make !== undefined),
    );
    if (args.length === 0) cambium.outputHelp();
    else await cambium.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return reportFailure(error, args.includes("--json"));
  }
}

function program(host: Host, commands: readonly ((host: Host) => Command)[]): Command {
  const cambium = quiet(new Command("cambium"))
    .description("Grow language models: train a small one, stack it, continue training, and see what that saved.")
    .version(version)
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `
Examples:
  cambium init my.txt                        write a recipe for a text of your own
  cambium run recipes/quickstart.yaml        train, grow, compare, report
  cambium generate runs/quickstart --prompt "The whale"
  cambium doctor                             what is installed and what would run

Exit codes: ${exitCodes}`,
    );
  for (const command of commands) cambium.addCommand(quiet(command(host)));
  return cambium;
}

/** Makes commander throw its errors instead of printing them, so that they are reported like any other. */
function quiet(command: Command): Command {
  return command
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
}
