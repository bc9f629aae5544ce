/** Errors of reading sources: meaning, cause and what to do, for docs/errors.md. */
export const connectorCodes: Readonly<
  Record<string, { readonly meaning: string; readonly cause: string; readonly advice: string }>
> = {
  PG790: {
    meaning: "The table or view of a source does not exist in the customer's database.",
    cause:
      "The schema or table of the source is misspelt, was dropped, or cannot be seen by the user.",
    advice: "Correct schema and table of the source, or grant the user the right to see them.",
  },
  PG791: {
    meaning: "A column that a source names does not exist in its table.",
    cause:
      "The connector's key column, a listed column or an orderBy column is misspelt or was dropped.",
    advice: "Correct the column's name in the configuration; names are compared to the letter.",
  },
};
