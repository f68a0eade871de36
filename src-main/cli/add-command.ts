import type { Command } from 'commander';

/** Adds one command to the program. What it does is loaded when it is called, so that no command pays for another. */
export type AddCommand = (program: Command, finish: (code: number) => void) => void;
