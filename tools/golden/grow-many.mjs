// Grows checkpoints with the built packages: reads requests as JSON lines on stdin, and answers each with a line.
import { createInterface } from "node:readline";
import { growDirectory } from "../../packages/grow/dist/node/index.js";

const operators = {};

for await (const line of createInterface({ input: process.stdin })) {
  const { from, to, operator, options, strict } = JSON.parse(line);
  operators[operator] ??= (await import(`../../operators/${operator}/dist/index.js`)).default;
  try {
    const { report } = await growDirectory(from, to, { operator: operators[operator], options, strict });
    console.log(JSON.stringify({ layers: report.layers.flat(), warnings: report.warnings }));
  } catch (error) {
    const reasons = (error.details?.reasons ?? []).map(({ where = "", message }) => `${where}: ${message}`);
    console.log(JSON.stringify({ code: error.code ?? "not typed", refused: [error.summary ?? String(error), ...reasons] }));
  }
}
