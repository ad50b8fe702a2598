// Gives every reader of files inputs that nobody honest writes: a success or a typed error, within five seconds of a
// processor and a gigabyte, nothing written elsewhere. The number of an input and the seed make the input again.
//
//   node tools/fuzz.mjs [--inputs 1000000] [--seed 1] [--reader NAME] [--from N] [--json]
//
// Ends with exit code 1 when an input was read otherwise.
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz/run.mjs";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    reader: { type: "string" },
    from: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const begun = performance.now();
const result = await fuzz({
  ...{ inputs: Number(values.inputs), seed: Number(values.seed), from: Number(values.from), only: values.reader },
  onKind: ({ input, reader, file, what }) => {
    if (!values.json) console.log(`\ninput ${input}, ${reader}, ${file}:\n${what}`);
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
