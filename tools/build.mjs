// `npm run build`: installs and builds everything; `bundle` and `generate` do less of it (see setup.mjs).
import { setUp } from "./setup.mjs";

await setUp(process.argv[2] ?? "build");
