/**
 * Every planted bug that the simulator must find.
 *
 * One of the standard's list is not here: values as V8 objects break at the codec's own tests, on the
 * first row that is written, and say nothing of a simulator that reads the same bytes.
 *
 * @module
 */
import { CALL_MUTANTS } from "./call_mutants.ts";
import { INTAKE_MUTANTS } from "./intake_mutants.ts";
import { KERNEL_MUTANTS } from "./kernel_mutants.ts";
import { MONEY_MUTANTS } from "./money_mutants.ts";
import type { Mutant } from "./mutant.ts";
import { SIPPY_MUTANTS } from "./sippy_mutants.ts";
import { SMS_MUTANTS } from "./sms_mutants.ts";

/** All of them, in the order they are tried. */
export const MUTANTS: readonly Mutant[] = [
  ...KERNEL_MUTANTS,
  ...MONEY_MUTANTS,
  ...CALL_MUTANTS,
  ...INTAKE_MUTANTS,
  ...SMS_MUTANTS,
  ...SIPPY_MUTANTS,
];
