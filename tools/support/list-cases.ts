// Prints the cases of the conformance suite as JSON: what the support table has to be of.
import { conformanceCases } from "../../packages/backend/src/conformance/cases.js";

console.log(JSON.stringify(conformanceCases().map(({ part, op, dtypes, name }) => ({ part, op, dtypes, name }))));
