// cambium plugins: lists the installed plugins, with versions and claims.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Backend, backendPlugin, installBackend } from "@cambium/backend";
import { type EvalTask, taskPlugin } from "@cambium/eval";
import { readTextFile } from "@cambium/files";
import { operatorPlugin } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { type Family, familyPlugin } from "@cambium/model";
import { type PluginImporter, type PluginKind, type PluginListing, resolvePlugin } from "@cambium/plugin";
import { type Precision, precisions, precisionsOf } from "@cambium/train";
import { Command } from "commander";
import type { Host } from "../host.js";
import { print } from "../terminal.js";

/** The kinds listed, in this order, each with its heading. */
const headings = {
  operator: "Operators",
  backend: "Backends",
  family: "Model families",
  eval: "Evaluation tasks",
} as const satisfies { readonly [K in PluginKind]?: string };

type ListedKind = keyof typeof headings;
const kinds = Object.keys(headings) as readonly ListedKind[];

interface Listed {
  readonly kind: ListedKind;
  readonly name: string;
  readonly package: string;
  readonly version: string | null;
  /** What it does, if the plugin says so. */
  readonly summary?: string;
  /** Of an operator. */
  readonly functionPreserving?: string;
  /** Of a backend: the precisions that its devices on this machine can train in. */
  readonly precisions?: readonly Precision[];
  /** Why it cannot be used. */
  readonly error?: string;
}

export function pluginsCommand(host: Host): Command {
  return new Command("plugins")
    .option("--no-plugins", "list names only, without loading any plugin")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      `
Looks at the installed packages of Cambium and at the plugins among the dependencies of ./package.json.

With --json: [{"kind", "name", "package", "version", "summary", "functionPreserving", "precisions",
"error"}, …]

Examples:
  cambium plugins
  cambium plugins --json`,
    )
    .action(async ({ json, plugins }: { json?: boolean; plugins?: boolean }) => {
      const importer = host.importer(process.cwd());
      const names = importer.list?.() ?? [];
      if (plugins === false) return print(json ? JSON.stringify(names) : named(names));
      const listed = await Promise.all(
        kinds.flatMap((kind) => names.filter((one) => one.kind === kind).map(({ name }) => look(kind, name, importer))),
      );
      const installed = listed.filter((one) => one !== null);
      print(json ? JSON.stringify(installed) : describe(installed));
    });
}

/** Loads one plugin. @returns null if it is not installed; a broken plugin is listed with its error */
async function look(kind: Listed["kind"], name: string, importer: PluginImporter): Promise<Listed | null> {
  try {
    if (kind === "operator") {
      const { plugin, specifier } = await resolvePlugin(operatorPlugin, name, importer);
      const { version, summary, claims } = plugin;
      const { functionPreserving } = claims;
      return { kind, name: plugin.name, package: specifier, version, summary, functionPreserving };
    }
    if (kind === "backend") {
      const { plugin, specifier, address } = await resolvePlugin(backendPlugin, name, importer);
      const version = await versionAt(address);
      return { kind, name: plugin.name, package: specifier, version, precisions: await precisionsHere(plugin) };
    }
    const { plugin, specifier } =
      kind === "family"
        ? await resolvePlugin<Family>(familyPlugin, name, importer)
        : await resolvePlugin<EvalTask>(taskPlugin, name, importer);
    return { kind, name: plugin.name, package: specifier, version: plugin.version, summary: plugin.summary };
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    if (error.code === "E_PLUGIN_MISSING") return null;
    return { kind, name, package: name, version: null, error: error.summary };
  }
}

async function precisionsHere(backend: Backend): Promise<readonly Precision[]> {
  const devices = (await backend.probe()).filter(({ available }) => available);
  return precisions.filter((precision) =>
    devices.some(({ computes = [] }) => precisionsOf(computes).includes(precision)),
  );
}

/** The version in the package.json nearest above a module. */
async function versionAt(address: string): Promise<string | null> {
  let folder = dirname(address.startsWith("file:") ? fileURLToPath(address) : address);
  while (folder !== dirname(folder)) {
    const text = await readTextFile(join(folder, "package.json")).catch(() => null);
    if (text !== null) return (JSON.parse(text) as { version?: string }).version ?? null;
    folder = dirname(folder);
  }
  return null;
}

/** Plugins of which only the package's name was read. */
function named(names: readonly PluginListing[]): string {
  const rows = names.map(({ kind, name, package: from }) => `  ${kind} ${name} (${from})`);
  return rows.length === 0 ? "No plugin is installed." : ["Not loaded:", ...rows].join("\n");
}

const claims: Readonly<Record<string, string>> = {
  exact: "keeps the function",
  "exact-if-eps-scaled": "keeps the function, with its eps",
  "at-mask-0": "keeps the function while masked",
  no: "changes the function",
};

function describe(listed: readonly Listed[]): string {
  if (listed.length === 0) return `No plugin is installed. ${installBackend} @cambium/operator-stack`;
  return kinds
    .flatMap((kind) => {
      const those = listed.filter((one) => one.kind === kind);
      return those.length === 0 ? [] : [headings[kind], ...those.map(line)];
    })
    .join("\n");
}

function line({ name, package: from, version, summary, functionPreserving, precisions, error }: Listed): string {
  if (error !== undefined) return `  ✗ ${name}: ${error}`;
  const promise = [
    ...(functionPreserving === undefined ? [] : [`, ${claims[functionPreserving] ?? functionPreserving}`]),
    ...(precisions === undefined
      ? []
      : [`, ${precisions.length > 0 ? `trains in ${precisions.join(", ")}` : "no device on this machine"}`]),
  ].join("");
  return `  ✓ ${name} ${version ?? ""} (${from})${promise}${summary === undefined ? "" : `\n      ${summary}`}`;
}
