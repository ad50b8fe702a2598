// Threads that do the same: a request goes to one that is idle. Answers may be awaited in any order.
import { ThreadCaller, type ThreadOptions } from "./caller.js";

interface Waiting<Request, Response> {
  readonly request: Request;
  resolve(response: Response): void;
  reject(error: unknown): void;
}

export class ThreadPool<Request, Response> {
  readonly #all: readonly ThreadCaller<Request, Response>[];
  readonly #idle: ThreadCaller<Request, Response>[];
  readonly #waiting: Waiting<Request, Response>[] = [];
  /** Why a thread ended; nothing is answered after that. */
  #lost: Error | undefined;

  constructor(
    readonly threads: number,
    options: ThreadOptions,
  ) {
    this.#all = Array.from({ length: threads }, () => new ThreadCaller(options));
    this.#idle = [...this.#all];
  }

  /** @throws whatever answering throws; once a thread has ended, its error */
  ask(request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#assign();
    });
  }

  /** Ends all threads; requests that are not answered are rejected. */
  async end(): Promise<void> {
    await Promise.all(this.#all.map((thread) => thread.end()));
  }

  #assign(): void {
    if (this.#lost) for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const thread = this.#idle.shift() as ThreadCaller<Request, Response>;
      const { request, resolve, reject } = this.#waiting.shift() as Waiting<Request, Response>;
      const ended = () => {
        if (thread.lost) this.#lost ??= thread.lost;
        else this.#idle.push(thread);
        this.#assign();
      };
      thread.ask(request).then(resolve, reject).finally(ended);
    }
  }
}
