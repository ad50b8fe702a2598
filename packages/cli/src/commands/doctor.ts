// cambium doctor: what is installed, what would run, why not, and the exact fix.
import { dirname, resolve } from "node:path";
import { installBackend, type ProbeResult, resolveBackend } from "@cambium/backend";
import { enginePlugin } from "@cambium/engine";
import { operatorPlugin } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { type PluginImporter, type PluginKind, resolvePlugin } from "@cambium/plugin";
import { chooseBackend, measureSpeeds, version } from "@cambium/run";
import { precisionsOf } from "@cambium/train";
import { Command } from "commander";
import { Exit } from "../failure.js";
import type { Host } from "../host.js";
import { choiceOf, speedText } from "../recipe-speed-view.js";
import { lastStage, recipeArms } from "../recipe-view.js";
import { complain, print } from "../terminal.js";

interface PluginHealth {
  readonly name: string;
  readonly state: "ok" | "missing" | "broken";
  readonly detail: string;
  readonly fix?: string;
}

interface BackendHealth extends PluginHealth {
  readonly devices: readonly ProbeResult[];
}

export function doctorCommand(host: Host): Command {
  return new Command("doctor")
    .option("--recipe <file>", "measure which backend and precision trains this recipe's model fastest here")
    .option("--fresh", "with --recipe: ignore remembered measurements and measure again")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      `
The exit code is 2 if no backend can compute.

With --json: {"cambium", "node", "platform", "backends": [{"name", "state", "detail", "fix", "devices"}], "operators",
"engines", "corpora", "ready"}; a state is ok, missing or broken.

--recipe trains the recipe's last model for a few steps on every backend, in each precision that it computes, remembers
the speeds, and says what to write. With --json: {"recipe", "speeds": [{"backend", "device", "precision",
"tokensPerSecond", "remembered"} or {"backend", "reason"}]}.

Examples:
  cambium doctor
  cambium doctor --recipe recipes/quickstart.yaml
  cambium doctor --json`,
    )
    .action(async ({ json, recipe, fresh }: Flags) => {
      if (recipe !== undefined) return speeds(recipe, { json, fresh }, host);
      if (fresh) throw new CambiumError("E_OPTION", "--fresh without --recipe", { hint: "--recipe FILE" });
      const importer = host.importer(process.cwd());
      const listed = importer.list?.() ?? [];
      const named = (kind: PluginKind) => listed.filter((one) => one.kind === kind).map(({ name }) => name);
      const backends = await Promise.all(named("backend").map((name) => checkBackend(name, importer)));
      const operators = await Promise.all(named("operator").map((name) => checkOperator(name, importer)));
      const engines = await Promise.all(named("engine").map((name) => checkEngine(name, importer)));
      const corpora = await checkCorpora(importer);
      const ready = backends.some(({ devices }) => devices.some(({ available }) => available));
      const result = {
        cambium: version,
        node: process.version,
        platform: `${process.platform}-${process.arch}`,
        backends,
        operators,
        engines,
        corpora,
        ready,
      };
      print(json ? JSON.stringify(result) : describe(result));
      if (!ready) throw new Exit(2);
    });
}

interface Flags {
  readonly json?: boolean | undefined;
  readonly recipe?: string;
  readonly fresh?: boolean | undefined;
}

async function speeds(path: string, { json, fresh = false }: Omit<Flags, "recipe">, host: Host): Promise<void> {
  const planned = await recipeArms(path, host);
  const { recipe } = planned;
  const importer = host.importer(dirname(resolve(path)));
  const listed = importer.list?.() ?? [];
  const names = listed.filter(({ kind }) => kind === "backend").map(({ name }) => name);
  const onStart = (backend: string, precision: string) => complain(`measuring ${backend} in ${precision} …`);
  const found = await measureSpeeds(lastStage(planned), { names, importer, fresh, onStart });
  if (json) return print(JSON.stringify({ recipe: recipe.name, speeds: found }));
  print(speedText(found, choiceOf(recipe, chooseBackend(undefined, recipe.backend, importer).name)));
}

async function checkBackend(name: string, importer: PluginImporter): Promise<BackendHealth> {
  try {
    const backend = await resolveBackend(name, importer);
    const devices = await backend.probe();
    return { name, state: "ok", detail: "installed", devices };
  } catch (error) {
    return { ...failed(name, error), devices: [] };
  }
}

async function checkOperator(name: string, importer: PluginImporter): Promise<PluginHealth> {
  try {
    const { plugin, specifier } = await resolvePlugin(operatorPlugin, name, importer);
    return { name: plugin.name, state: "ok", detail: `${specifier} ${plugin.version}` };
  } catch (error) {
    return failed(name, error);
  }
}

async function checkEngine(name: string, importer: PluginImporter): Promise<PluginHealth> {
  try {
    const { plugin } = await resolvePlugin(enginePlugin, name, importer);
    return { name: plugin.name, state: "ok", detail: (await plugin.prepare({})).device };
  } catch (error) {
    return failed(name, error);
  }
}

async function checkCorpora(importer: PluginImporter): Promise<PluginHealth> {
  const name = "@cambium/corpora";
  return importer.resolve(name) === null
    ? {
        name,
        state: "missing",
        detail: "moby-dick and state-of-the-union are not installed",
        fix: `npm install ${name}`,
      }
    : { name, state: "ok", detail: "moby-dick, state-of-the-union" };
}

/** A plugin may throw anything: it is shown as that plugin's state, and the other plugins are still checked. */
function failed(name: string, error: unknown): PluginHealth {
  if (!(error instanceof CambiumError)) {
    return { name, state: "broken", detail: error instanceof Error ? error.message : String(error) };
  }
  const { hint } = error.details;
  const absent = error.code === "E_PLUGIN_MISSING";
  return {
    name,
    // An engine without the Python that it needs is not broken: nobody has set it up.
    state: absent || error.code === "E_ENGINE_MISSING" ? "missing" : "broken",
    detail: absent ? "not installed" : error.summary,
    ...(hint !== undefined && { fix: hint }),
  };
}

interface Health {
  readonly cambium: string;
  readonly node: string;
  readonly platform: string;
  readonly backends: readonly BackendHealth[];
  readonly operators: readonly PluginHealth[];
  readonly engines: readonly PluginHealth[];
  readonly corpora: PluginHealth;
  readonly ready: boolean;
}

const marks = { ok: "✓", missing: "–", broken: "✗" };

function describe(health: Health): string {
  const { cambium, node, platform, backends, operators, engines, corpora, ready } = health;
  const line = ({ name, state, detail, fix }: PluginHealth) => [
    `  ${marks[state]} ${name}: ${detail}`,
    ...(fix === undefined ? [] : [`      ${fix}`]),
  ];
  return [
    `Cambium ${cambium}, Node ${node}, ${platform}`,
    "Backends",
    ...backends.flatMap((backend) => [
      ...line(backend),
      ...backend.devices.flatMap(({ device, available, detail, fix, computes }) => [
        `      ${available ? "✓" : "–"} ${device}: ${detail}${computes ? `; precision ${precisionsOf(computes).join(", ")}` : ""}`,
        ...(fix === undefined ? [] : [`          ${fix}`]),
      ]),
    ]),
    "Operators",
    ...operators.flatMap(line),
    ...(engines.length > 0 ? ["Engines", ...engines.flatMap(line)] : []),
    "Corpora",
    ...line(corpora),
    ready ? "Ready." : `No backend can compute here. ${installBackend} brings one that runs everywhere.`,
  ].join("\n");
}
