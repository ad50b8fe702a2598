// The server: listens, keeps count of what is under way, and comes to an orderly end.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CambiumError } from "@cambium/ir";
import { checkExposed, isLocal } from "./http.js";
import { answerRequest, type RequestReport, type Served } from "./routes.js";
import { TokenNames } from "./token-names.js";

/** Requests answered at once; more are told to come again. */
const mostRequests = 256;

export interface ServeOptions extends Omit<Served, "names"> {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Needed where others can reach the server. */
  readonly token?: string;
  /** Called after each request. */
  onRequest?(report: RequestReport): void;
}

export interface Serving {
  readonly url: string;
  /** Rejects when the server can serve no longer, as when its device is lost. */
  readonly failed: Promise<never>;
  /** Ends what is under way, and closes. */
  close(): Promise<void>;
}

/**
 * Serves until closed.
 * @throws CambiumError `E_TOKEN_NEEDED` where others can reach the server and there is no token; `E_LISTEN`
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host, port, token } = options;
  checkExposed(host, token);
  const stop = new AbortController();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Whoever does not look at it is told by the requests' failures.
  failed.catch(() => {});
  const running = new Set<Promise<void>>();
  const access = { local: isLocal(host), ...(token !== undefined && { token }) };
  const served = { ...options, names: new TokenNames(options.tokenizer) };
  const server = createServer((request, response) => {
    const bounds = { access, signal: stop.signal, busy: running.size >= mostRequests };
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

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen({ port, host });
    await once(server, "listening");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const why = {
      EADDRINUSE: ["something listens there already", "another --port; 0 takes one that is free"],
      EACCES: ["this port is not for ordinary users", "a port of 1024 or above"],
    }[code] ?? ["the server cannot listen there", "127.0.0.1, or an address of this machine"];
    const [message, hint] = why as [string, string];
    throw new CambiumError("E_LISTEN", message, { where: `${host}:${port}`, got: code, hint, cause });
  }
}
