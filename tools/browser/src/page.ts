// A page that runs a bundled TypeScript module, and a way to call what the module exports.
import type { Browser } from "playwright-core";
import { type BundleOptions, bundlePage } from "./bundle.js";
import { type ChromiumOptions, openChromium } from "./chromium.js";
import { servePage } from "./server.js";

export interface PageOptions extends BundleOptions {
  /** Further files the page may fetch: URL path → path on disk. */
  readonly files?: Readonly<Record<string, string>>;
  /** Called with lines of the page's console, and with uncaught errors. */
  readonly onConsole?: (line: string) => void;
}

export interface PageSession {
  /**
   * Calls an exported function of the page's module; arguments and result are JSON values.
   * @throws Error with the page's message and stack; `code` is the error's own, if it has one
   */
  call<T>(name: string, ...args: readonly unknown[]): Promise<T>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Failure {
  readonly text: string;
  readonly code?: string;
}

/**
 * Opens a page in `browser` and waits until its module is loaded. Its server ends with the page, or with the browser.
 */
export async function openPage(browser: Browser, options: PageOptions): Promise<PageSession> {
  const server = await servePage(await bundlePage(options), options.files);
  const context = await browser.newContext().catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const gone = new Promise<void>((resolve) => {
    context.once("close", () => resolve(server.close()));
  });
  const close = async () => {
    await context.close();
    await gone;
  };
  try {
    const page = await context.newPage();
    page.on("console", (message) => options.onConsole?.(message.text()));
    page.on("pageerror", (error) => options.onConsole?.(String(error.stack ?? error)));
    await page.goto(server.url);
    const call = async <T>(name: string, ...args: readonly unknown[]): Promise<T> => {
      const { value, failure } = (await page.evaluate(callExport, { name, args })) as { value?: T; failure?: Failure };
      if (failure) throw Object.assign(new Error(failure.text), { code: failure.code });
      return value as T;
    };
    // As text, because a loader of this file would rewrite the import.
    await page.evaluate(`import("/page.js").then((module) => { globalThis.pageModule = module; })`);
    return { call, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Calls one exported function of `entry` in a page of a browser of its own, and closes both whatever happens.
 * @example await runInPage({ entry: "test/page.ts", call: "train", args: [{ steps: 5 }], onConsole: console.log })
 */
export async function runInPage<T>(
  options: PageOptions & ChromiumOptions & { readonly call: string; readonly args?: readonly unknown[] },
): Promise<T> {
  const browser = await openChromium(options);
  try {
    await using page = await openPage(browser, options);
    return await page.call<T>(options.call, ...(options.args ?? []));
  } finally {
    await browser.close();
  }
}

/** Runs in the page. An error is passed as data, since otherwise only its message would arrive. */
async function callExport({ name, args }: { name: string; args: readonly unknown[] }): Promise<object> {
  try {
    const { pageModule } = globalThis as unknown as { pageModule: Record<string, unknown> };
    const target = pageModule[name];
    if (typeof target !== "function") throw new Error(`the page's module exports no function ${name}`);
    return { value: await target(...args) };
  } catch (error) {
    const { code, stack, format } = error as { code?: string; stack?: string; format?: () => string };
    const text = typeof format === "function" ? `${format.call(error)}\n` : "";
    return { failure: { text: `${text}${stack ?? String(error)}`, ...(code !== undefined && { code }) } };
  }
}
