// defineBackend: adds the version of the contract that a backend is built for.
import { type Backend, backendContractVersion } from "./contract.js";

/** @example export default defineBackend({ name: "abacus", open: async (options) => …, probe: async () => […] }); */
export function defineBackend(backend: Omit<Backend, "contract">): Backend {
  return { ...backend, contract: backendContractVersion };
}
