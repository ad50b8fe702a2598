// Options of the scripts in this folder. `--help` prints the comment at the top of the script, which lists them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * Reads the command line of the script at `url` (its `import.meta.url`). A mistake ends the process with exit code 2.
 * @param defaults by option: a number or a text is the value if the option is not given and says which of the two it
 *   takes; `false` makes a flag, `undefined` an optional text
 * @returns the options with `positionals`, the arguments that belong to none; there may be `most` of these
 */
export function readOptions(url, defaults, most = 0) {
  const types = Object.entries(defaults).map(([name, value]) => [
    name,
    { type: value === false ? "boolean" : "string" },
  ]);
  const help = { type: "boolean", short: "h" };
  try {
    const { values, positionals } = parseArgs({
      options: { ...Object.fromEntries(types), help },
      allowPositionals: most > 0,
    });
    if (values.help) {
      console.log(opening(url));
      process.exit(0);
    }
    if (positionals.length > most) throw new Error(`Too many arguments: ${positionals.slice(most).join(" ")}`);
    const given = Object.entries(values).map(([name, value]) => [name, typed(name, value, defaults[name])]);
    return { ...defaults, ...Object.fromEntries(given), positionals };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n--help lists the options.`);
    process.exit(2);
  }
}

function typed(name, value, standard) {
  if (typeof standard !== "number") return value;
  const number = Number(value);
  if (value.trim() !== "" && number >= 0) return number;
  throw new Error(`--${name} takes a number, not "${value}".`);
}

/** The comment at the top of a script, as text. */
function opening(url) {
  const lines = readFileSync(fileURLToPath(url), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join("\n");
}
