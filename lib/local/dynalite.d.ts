/** dynalite has no types. Only what is used here: https://github.com/architect/dynalite */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    createTableMs?: number;
  }
  export default function dynalite(options?: DynaliteOptions): Server;
}
