// What the tests of this room run in a page.
import { referenceBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";

export const open = () => referenceBackend.open();

interface Adapter {
  readonly info: { readonly architecture: string };
}

/** The page's environment. */
export async function environment(greeting: string): Promise<object> {
  console.log(greeting);
  const { crossOriginIsolated, navigator } = globalThis as unknown as {
    crossOriginIsolated: boolean;
    navigator: { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  };
  const adapter = await navigator.gpu?.requestAdapter();
  return { crossOriginIsolated, architecture: adapter?.info.architecture };
}

export async function fetchText(path: string): Promise<string> {
  const { fetch } = globalThis as unknown as { fetch(path: string): Promise<{ text(): Promise<string> }> };
  return (await fetch(path)).text();
}

export function refuse(): void {
  throw new CambiumError("E_TEST", "refused in the page", { hint: "nothing" });
}
