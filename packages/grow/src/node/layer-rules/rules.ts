// What a layer's number decides in a model type: the vocabulary of the table in generated/transformers.ts.
import type { JsonValue } from "@cambium/files";

/** How a class fills a list with one entry per layer that config.json lacks. i counts layers from 0. */
export type DefaultRule =
  | {
      /** Every layer gets the same entry at any depth; with `gate`, only while that field is off. */
      readonly kind: "same";
      readonly gate?: string;
      /** Whether the gate is on by default. */
      readonly default?: boolean;
    }
  | {
      /** cycle[i mod its length], but `last` in the last layer. */
      readonly kind: "cycle";
      readonly cycle: readonly JsonValue[];
      readonly last?: JsonValue;
    }
  | {
      /** `hit` in one layer of every period: its last, or its first. */
      readonly kind: "every";
      /** The field that has the period. */
      readonly period: string;
      readonly default: number | null;
      readonly at: "end" | "start";
      readonly hit: JsonValue;
      readonly miss: JsonValue;
    }
  | {
      /** `first` in the first layers, `rest` above them. */
      readonly kind: "first";
      /** How many, or the field that says it. */
      readonly count: number | string;
      readonly default?: number | null;
      readonly first: JsonValue;
      readonly rest: JsonValue;
    }
  | {
      /** Qwen 2: a sliding window from layer `max_window_layers` on, where `use_sliding_window` is set. */
      readonly kind: "window";
      readonly first: number;
      readonly use: boolean;
      readonly size: number | null;
    }
  | {
      /** The class derives it from another field with one entry per layer. */
      readonly kind: "follows";
      readonly of: string;
    };

/** `unless`: older fields whose presence makes the rule uncertain. */
export type SilentRule = DefaultRule & { readonly unless?: readonly string[] };

/** Why layers cannot be placed freely, and when they still can. */
export interface FixedRule {
  readonly because: string;
  readonly unless?: {
    /** Fields that are all 0, false, empty or null; with the class's own defaults. */
    readonly zero?: Readonly<Record<string, JsonValue>>;
    /** This many of the first layers stay where they are. */
    readonly prefix?: number;
    /** That layer stays the first (the last) and is nowhere else. */
    readonly anchor?: "first" | "last";
    /** The list ends with that entry, at both depths. */
    readonly ends?: Readonly<Record<string, JsonValue>>;
    /** The list comes out as the class makes it at the new depth. */
    readonly default?: string;
  };
}

/** Fields by name, with the class's default for an absent field; null if absence means nothing. */
type Fields<T> = Readonly<Record<string, T | null>>;

export interface TypeRules {
  /** The type whose rules hold for `text_config`, and for text fields at the root. */
  readonly text?: string;
  /** Lists with one entry per layer; null if the class's default is not known. */
  readonly lists?: Readonly<Record<string, SilentRule | null>>;
  /** Other names of those lists. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Strings of one letter per layer, and the list that each stands for. */
  readonly patterns?: Readonly<Record<string, string>>;
  /** Lists of layer numbers; by default a list, or the layers in which a rule gives true. */
  readonly numbers?: Fields<readonly number[] | DefaultRule>;
  readonly numbersFromOne?: Fields<readonly number[]>;
  /** Lists in which each layer names the one whose keys and values it uses: grown only if each names itself. */
  readonly itself?: Fields<never>;
  /** Counts of layers of one kind at the bottom. */
  readonly first?: Fields<number>;
  /** Mixtures of experts as Qwen's: `mlp_only_layers`, `decoder_sparse_step`, `num_experts`. */
  readonly sparse?: { readonly [field: string]: JsonValue };
  /** Mixtures of experts as ERNIE's: `moe_layer_start_index`, `moe_layer_end_index`, `moe_layer_interval`. */
  readonly range?: Readonly<Record<string, number>>;
  /** Layers with i mod period = offset; the key is the field of the period. */
  readonly modulo?: Readonly<
    Record<string, { readonly period: number; readonly offsetField: string; readonly offset: number }>
  >;
  /** Lists that are repeated and cut to the number of layers. */
  readonly cyclic?: Fields<readonly JsonValue[]>;
  /** Factors that are divided by the root of the number of layers. */
  readonly scaled?: Fields<number>;
  readonly fixed?: readonly FixedRule[];
}
