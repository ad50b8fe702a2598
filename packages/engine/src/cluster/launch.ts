// A stage as a cluster runs it: files that are there already, and a command that every machine starts.

export interface ClusterLaunch {
  /** The stage's id. */
  readonly name: string;
  /**
   * What each machine runs. It finds the first machine by `$MASTER_ADDR`; the words are quoted for the shell where they need
   * it, but for variables.
   */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: number;
  /** Processes on each machine. */
  readonly processes: number;
  /** Accelerators on each machine; 0 for CPUs alone. */
  readonly accelerators: number;
  /** The stage's own folder, which every machine must see, as it must see what else the command names. */
  readonly folder: string;
}

/** What a cluster is asked for, beyond what the stage needs. */
export interface ClusterRequest {
  readonly cpus: number;
  /** `HH:MM:SS`. */
  readonly time: string;
  /** Slurm's partition. */
  readonly partition?: string | undefined;
  /** Of Kubernetes: the image to run, and the claim of the volume with the run's directory. */
  readonly image?: string | undefined;
  readonly claim?: string | undefined;
  /** Where the volume is mounted; the run's directory lies below it. */
  readonly mount?: string | undefined;
}

/** At which the machines meet. */
export const meetingPort = 29_500;

/** Words for a POSIX shell; variables stay variables. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./$-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
