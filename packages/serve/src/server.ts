// The server: listens, tracks running requests, and shuts down in order.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CambiumError } from "@cambium/ir";
import { Allowance } from "./allowance.js";
import { checkExposed, isLocal } from "./http.js";
import { answerRequest, type RequestReport, type Served } from "./routes.js";
import { TokenNames } from "./token-names.js";

/** Most concurrent requests; more are answered with 503. */
const mostRequests = 256;

export interface ServeOptions extends Omit<Served, "names"> {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Required if others can reach the server. */
  readonly token?: string;
  /** Bytes that running requests may hold together, a single answer up to half of them; default 1 GiB. */
  readonly memory?: number;
  /** Called after each request. */
  onRequest?(report: RequestReport): void;
}

export interface Serving {
  readonly url: string;
  /** Rejects when the server can no longer serve, for example because its device is lost. */
  readonly failed: Promise<never>;
  /** Ends running requests and closes the server. */
  close(): Promise<void>;
}

/**
 * Serves until closed.
 * @throws CambiumError `E_TOKEN_NEEDED` if others can reach the server and there is no token; `E_LISTEN`
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host, port, token } = options;
  checkExposed(host, token);
  const stop = new AbortController();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // A caller may ignore `failed`: each request then fails by itself.
  failed.catch(() => {});
  const running = new Set<Promise<void>>();
  const access = { local: isLocal(host), ...(token !== undefined && { token }) };
  const served = { ...options, names: new TokenNames(options.tokenizer) };
  const allowance = new Allowance(options.memory);
  const server = createServer((request, response) => {
    const bounds = { access, signal: stop.signal, busy: running.size >= mostRequests, allowance };
    const work = answerRequest(request, response, served, bounds).then((report) => {
      running.delete(work);
      const { error } = report;
      if (error instanceof CambiumError && error.code === "E_DEVICE_LOST") fail(error);
      options.onRequest?.(report);
    });
    running.add(work);
  });
  await listen(server, port, host);
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    failed,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      stop.abort(new CambiumError("E_BUSY", "the server is ending"));
      await Promise.all(running);
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * Takes the port and gives it back: to know before a model is read whether a server could listen there.
 * @throws CambiumError `E_LISTEN`
 */
export async function checkPort(port: number, host: string): Promise<void> {
  const server = createServer();
  await listen(server, port, host);
  const closed = once(server, "close");
  server.close();
  await closed;
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen({ port, host });
    await once(server, "listening");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const why = {
      EADDRINUSE: ["the port is already in use", "another --port; 0 takes a free one"],
      EACCES: ["this port needs special rights", "a port of 1024 or above"],
    }[code] ?? ["the server cannot listen there", "127.0.0.1, or an address of this machine"];
    const [message, hint] = why as [string, string];
    throw new CambiumError("E_LISTEN", message, { where: `${host}:${port}`, got: code, hint, cause });
  }
}
