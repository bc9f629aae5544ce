import type { MethodTable } from "./method_table.ts";

/** An object with methods for templates: a name and a table, no properties, no state. */
export class Tool {
  readonly name: string;
  readonly methods: MethodTable;

  constructor(name: string, methods: MethodTable) {
    this.name = name;
    this.methods = methods;
  }
}
