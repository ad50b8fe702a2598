// Numbers that several parts of a recipe take.
import { z } from "zod";

/** A value of an option that a plugin names. */
export const option = z.union([z.string(), z.number(), z.boolean()]);
export const positive = z.number().positive();
export const count = z.number().int().positive();
