// Prints the cases of the conformance suite as JSON, from which the support table is stamped.
import { conformanceCases } from "../../packages/backend/src/conformance/cases.js";

console.log(JSON.stringify(conformanceCases().map(({ part, op, dtypes, name }) => ({ part, op, dtypes, name }))));
