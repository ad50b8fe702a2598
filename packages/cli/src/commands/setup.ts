// cambium setup: builds or fetches what a backend or an engine needs before it can run, as its package defines it.
import { type BackendSetup, resolveSetup, type SetupOptions, type SetupResult } from "@cambium/backend";
import { replaceDirectory, requireSpace } from "@cambium/files";
import { Command, Option } from "commander";
import { Exit } from "../failure.js";
import type { Host } from "../host.js";
import { stopOnSignals } from "../signals.js";
import { complain, print } from "../terminal.js";

type Value = SetupOptions[string];

export function setupCommand(host: Host): Command {
  return (
    new Command("setup")
      .argument("<name>", "a backend or engine: tfjs, torch")
      .argument("[options...]", "its own options; cambium setup NAME --help lists them")
      // The options are the package's own, so they can be parsed only once the package is known.
      .passThroughOptions()
      .addHelpText(
        "after",
        `
Examples:
  cambium setup tfjs           build the native part of @tensorflow/tfjs-node
  cambium setup torch          make a Python environment for the engine torch
  cambium setup tfjs --help    its own options
  cambium setup tfjs --remove  undo it`,
      )
      .action(async (name: string, args: string[]) => {
        const setup = await resolveSetup(name, host.importer(process.cwd()));
        await optionsOf(name, setup).parseAsync(args, { from: "user" });
      })
  );
}

/** The command line of one backend or engine, from what its package declares. */
function optionsOf(name: string, setup: BackendSetup): Command {
  const command = new Command(`cambium setup ${name}`).description(setup.summary);
  const own = setup.options.map(({ name, value, several, description }) => {
    const option = new Option(`--${name}${value === undefined ? "" : ` <${value}>`}`, description);
    if (several) option.argParser((one: string, before: string[] = []) => [...before, one]);
    command.addOption(option);
    return { name, key: option.attributeName() };
  });
  return command
    .option("--remove", "undo it")
    .option("--json", "print the outcome as JSON")
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      "after",
      `
With --json: {"changed", "summary", …}

Examples:
${setup.examples.map((line) => `  ${line}`).join("\n")}`,
    )
    .action(async (flags: Readonly<Record<string, Value>>) => {
      const { remove, json } = flags;
      const given = own.flatMap(({ name, key }) => (flags[key] === undefined ? [] : [[name, flags[key]] as const]));
      const outcome = await perform(setup, Object.fromEntries(given), remove === true);
      print(json ? JSON.stringify({ ...outcome.details, ...outcome, details: undefined }) : sentence(outcome));
    });
}

async function perform(setup: BackendSetup, given: SetupOptions, remove: boolean): Promise<SetupResult> {
  const report = (line: string) => complain(line);
  const { signal, release } = stopOnSignals(() => report("Stopping"));
  try {
    return await setup[remove ? "remove" : "setup"](given, { report, signal, requireSpace, replaceDirectory });
  } catch (error) {
    if (signal.aborted) throw new Exit(130, "Interrupted; everything is as it was before.");
    throw error;
  } finally {
    release();
  }
}

function sentence({ summary }: SetupResult): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
