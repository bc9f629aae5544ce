/** Error codes of imports: what each means, why it comes, what to do. docs/errors.md shows it. */
export const importCodes: Record<
  string,
  { readonly meaning: string; readonly cause: string; readonly advice: string }
> = {
  PG601: {
    meaning: "An import's table or column is not there.",
    cause: "It is misspelt, was renamed or dropped, or the role may not see it.",
    advice: "Correct the name in the configuration, or grant the right to see it.",
  },
  PG602: {
    meaning: "An import's mapping cannot be carried out.",
    cause: "A cast names no type, or a value is mapped to the field that is the contact's key.",
    advice: "Correct the mapping; docs/imports.md shows what it may hold.",
  },
  PG603: {
    meaning: "Rows of an import cannot be told apart.",
    cause: "Neither the dataset's key is mapped, nor has the source a primary key.",
    advice: "Map the dataset's key, or read from a table that has a primary key.",
  },
  PG604: {
    meaning: "A run would have read more rows than `max_rows` allows.",
    cause: "The source grew, or the limit is too small.",
    advice: "Raise `max_rows`, or narrow what is read.",
  },
  PG605: {
    meaning: "A run would have removed more than a fifth of what the import brought.",
    cause: "The source lost rows; perhaps it was emptied or restored by mistake.",
    advice: "Look at the source; run `perigee run import/<name> --confirm` if they are to go.",
  },
  PG606: {
    meaning: "Another program kept writing the same contacts while they were imported.",
    cause: "Unique values were taken each time between the check and the write.",
    advice: "Nothing to do: the run is tried again.",
  },
  PG607: {
    meaning: "`on_missing` does not fit the dataset.",
    cause: "Only contacts can be unsubscribed, and devices have no single key to remember.",
    advice: "Use `keep`, or `delete` with a dataset that has a single key.",
  },
  PG608: {
    meaning: "A CSV file cannot be read.",
    cause:
      "A quote is not closed, a row has another number of fields than the header, or no header is there.",
    advice: "Correct the file at the line that the message names.",
  },
};
