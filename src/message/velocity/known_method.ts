import { dateMethods } from "./java_date.ts";
import { iteratorMethods, listMethods } from "./list_methods.ts";
import { entryMethods, mapMethods } from "./map_methods.ts";
import { booleanMethods, doubleMethods, integerMethods } from "./number_methods.ts";
import { classMethods, scopeMethods } from "./receiver.ts";
import { stringMethods } from "./string_methods.ts";
import { dateTool } from "./tool/date_tool.ts";
import { escapeTool } from "./tool/escape.ts";
import { mathTool } from "./tool/math.ts";
import { numberTool } from "./tool/number_tool.ts";

/** Whether any type or tool has a method of the name. */
export function isKnownMethod(name: string): boolean {
  const tables = [
    stringMethods,
    listMethods,
    mapMethods,
    integerMethods,
    doubleMethods,
    booleanMethods,
    entryMethods,
    iteratorMethods,
    dateMethods,
    scopeMethods,
    classMethods,
    dateTool.methods,
    mathTool.methods,
    numberTool.methods,
    escapeTool.methods,
  ];
  return name === "getClass" || tables.some((table) => table[name] !== undefined);
}
