// A stage prepared for a cluster: its files are written, and every machine starts the same command.

export interface ClusterLaunch {
  /** The stage's id. */
  readonly name: string;
  /**
   * What each machine runs. It finds the first machine by `$MASTER_ADDR`. {@link shellLine} quotes the words and leaves
   * variables alone.
   */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: number;
  /** Processes on each machine. */
  readonly processes: number;
  /** Accelerators on each machine; 0 for CPUs only. */
  readonly accelerators: number;
  /** The stage's folder. Every machine must see it, and every other path in the command. */
  readonly folder: string;
}

/** What to request from a cluster, besides what follows from the stage. */
export interface ClusterRequest {
  readonly cpus: number;
  /** `HH:MM:SS`. */
  readonly time: string;
  /** Slurm: the partition. */
  readonly partition?: string | undefined;
  /** Kubernetes: the image to run, and the claim of the volume with the run's directory. */
  readonly image?: string | undefined;
  readonly claim?: string | undefined;
  /** Kubernetes: where the volume is mounted; the run's directory must be in it. */
  readonly mount?: string | undefined;
}

/** Seconds that a stage gets to save: from SIGTERM to the end of its time, or of its machine. */
export const savingSeconds = 180;

/** The rendezvous port. */
export const meetingPort = 29_500;

/** Quotes words for a POSIX shell; variables are left unquoted. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./$-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
