// Gives every file reader damaged and hostile inputs. Each must succeed or throw a typed error within five seconds of
// processor time and a gigabyte, and write nothing elsewhere. An input can be reproduced from its number and the seed.
//
//   node tools/fuzz.mjs [--inputs 1000000] [--seed 1] [--reader NAME] [--from N] [--jobs N] [--json]
//
// `--jobs` is the number of processes; without it there is one for each core. An input's number belongs to the same
// reader only with the same `--reader`.
//
// Exits with code 1 if an input was read in any other way.
import { availableParallelism } from "node:os";
import { readers } from "./fuzz/readers.mjs";
import { fuzz } from "./fuzz/run.mjs";
import { readOptions } from "./options.mjs";

const jobs = availableParallelism();
const options = { inputs: 1_000_000, seed: 1, reader: undefined, from: 0, jobs, json: false };
const values = readOptions(import.meta.url, options);
if (values.reader !== undefined) {
  const names = Object.keys(await readers());
  if (!names.includes(values.reader)) {
    console.error(
      `There is no reader "${values.reader}". The readers are: ${names.map((name) => `"${name}"`).join(", ")}.`,
    );
    process.exit(2);
  }
}
const begun = performance.now();
const result = await fuzz({
  ...{ inputs: values.inputs, seed: values.seed, from: values.from, only: values.reader, jobs: values.jobs },
  onKind: ({ input, reader, file, what }) => {
    if (!values.json) console.log(`\ninput ${input}, ${reader}${file === undefined ? "" : `, ${file}`}:\n${what}`);
  },
  progress: values.json ? () => undefined : (done) => process.stderr.write(`\r${done} inputs `),
});
const seconds = Math.round((performance.now() - begun) / 1000);
if (values.json) console.log(JSON.stringify({ ...result, seconds }));
else {
  console.log(
    `\n${result.inputs} inputs in ${seconds} s: ${result.faults.length} kinds of faults, ${result.count} in all`,
  );
}
process.exitCode = result.count > 0 ? 1 : 0;
