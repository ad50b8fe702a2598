#!/usr/bin/env node
// `cambium`: this package's program. The rest is imported only after checking that this version of Node can run it.
import { isKnownNode } from "./node-version.js";
import { leastOpenFiles, openFiles } from "./open-files.js";
import { complain } from "./terminal.js";

const files = openFiles();
if (!isKnownNode(process.versions.node)) {
  complain(`E_NODE: this version of Node does not run Cambium
  expected: 20.19 or later of 20, or 22.2 or later
  got: ${process.versions.node}
  try: install a newer one: https://nodejs.org`);
  process.exitCode = 2;
} else if (files !== undefined && files < leastOpenFiles) {
  complain(`E_OPEN_FILES: this process may open too few files
  expected: at least ${leastOpenFiles}
  got: ${files}
  try: raise the limit: ulimit -n ${5 * leastOpenFiles}`);
  process.exitCode = 2;
} else {
  const { outliveStreams } = await import("./streams.js");
  outliveStreams();
  const { main } = await import("./program.js");
  process.exitCode = await main(process.argv.slice(2));
}
