// cambium create: a package of one's own for an operator or a backend.
import { join, relative, resolve } from "node:path";
import { createPlugin, spellings, type TemplateKind, templateKinds } from "@cambium/plugin/node";
import { version } from "@cambium/run";
import { Argument, Command } from "commander";
import { print } from "../terminal.js";

interface Flags {
  readonly out?: string;
  readonly package?: string;
  readonly json?: boolean;
}

export function createCommand(): Command {
  return new Command("create")
    .description(
      "Make a package for an operator or a backend: it builds, and passes the conformance suite as it stands.",
    )
    .addArgument(new Argument("<kind>", "what to make").choices(templateKinds))
    .argument("<name>", "its name, as recipes will have it: my-stack")
    .option("--package <name>", "the package's name (default: cambium-KIND-NAME)")
    .option("--out <folder>", "where to write it (default: ./cambium-KIND-NAME)")
    .option("--json", "print what was written as JSON")
    .addHelpText(
      "after",
      `
With --json: {"name", "package", "folder", "files": [PATH, …]}

Examples:
  cambium create operator my-stack
  cambium create backend abacus --package @acme/cambium-backend-abacus --out ./abacus`,
    )
    .action((kind: TemplateKind, given: string, flags: Flags) => {
      const { kebab: name } = spellings(given);
      const packageName = flags.package ?? `cambium-${kind}-${name}`;
      const folder = resolve(flags.out ?? `cambium-${kind}-${name}`);
      const files = createPlugin(folder, { kind, name, packageName, cambium: `^${version}` });
      if (flags.json) return print(JSON.stringify({ name, package: packageName, folder, files }));
      const shown = relative(process.cwd(), folder) || ".";
      const use = kind === "operator" ? `cambium grow ./base ./grown --operator ${name}` : `--backend ${name}`;
      print(
        [
          ...files.map((path) => `wrote ${join(shown, path)}`),
          "",
          `  cd ${shown} && npm install && npm test && npm run build`,
          `  npm install ${/^[./]/.test(shown) ? shown : `./${shown}`}      in the project that is to use it; then ${use}`,
        ].join("\n"),
      );
    });
}
