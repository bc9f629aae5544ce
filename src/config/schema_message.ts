import * as v from "valibot";
import { choice, flag, id, integer, locale, reference, size, text } from "./leaf.ts";
import { duration, zone } from "./leaf_time.ts";
import { messageTestsSchema } from "./schema_test_case.ts";

const maxTemplate = 4 << 20;

function template(means: string) {
  return v.pipe(
    v.union([
      text("The template itself. `${…}` in it belongs to Velocity.", { maxLength: maxTemplate }),
      v.strictObject({
        file: text("Template file, relative to the YAML file.", {
          example: "templates/birthday.html.vm",
        }),
      }),
    ]),
    v.description(means),
  );
}

const messageSource = v.strictObject({
  required: v.optional(flag("Without rows the message is not rendered."), false),
});

/** A named set of templates. */
export const messageSchema = v.pipe(
  v.strictObject({
    id: id("Number of the message, as in the messages dataset.", "501"),
    subject: v.optional(template("Template of the subject.")),
    html: v.optional(template("Template of the HTML part.")),
    text: v.optional(template("Template of the text part.")),
    engine: v.optional(
      choice(
        ["perigee", "velocityjs"],
        "Template engine. `velocityjs` confines nothing and needs `trusted: true`.",
      ),
      "perigee",
    ),
    trusted: v.optional(flag("All who can change the template may run code in the daemon."), false),
    dialect: v.optional(choice(["1.7", "2.x"], "Velocity's version to behave like."), "1.7"),
    whitespace: v.optional(
      choice(
        ["none", "bc", "lines", "structured"],
        "White space around directives, see velocity.md; the dialect's own where it is not set.",
      ),
    ),
    escape: v.optional(
      choice(["none", "html"], "Whether references in the HTML part are escaped by themselves."),
      "none",
    ),
    merge_tags: v.optional(flag("Replace `%FIRSTNAME|default%` tags too."), false),
    locale: v.optional(locale("Language of dates and numbers."), "en"),
    timezone: v.optional(zone("Zone of dates in the message. Without it the global one.")),
    sources: v.optional(
      v.pipe(
        v.union([
          v.array(reference("sources", "A source.")),
          v.record(reference("sources", "A source."), messageSource),
        ]),
        v.description("Sources that the templates use: a list of names, or names with `required`."),
      ),
      [],
    ),
    limits: v.optional(v.pipe(
      v.strictObject({
        max_steps: v.optional(
          integer("Steps that one rendering may take.", 1000, 1_000_000_000, "1000000"),
        ),
        max_output: v.optional(size("Largest result of one part.", 1 << 10, 1 << 28)),
        timeout: v.optional(
          duration("Longest time of one rendering.", { minMs: 10, example: "2s" }),
        ),
      }),
      v.description("Limits of one rendering; without them those of the engine."),
    )),
    tests: messageTestsSchema,
  }),
  v.description("Templates that are rendered for a contact."),
);

/** A fragment for `#parse` and `#include`. */
export const fragmentSchema = template("A template that messages may `#parse` or `#include`.");

/** The render endpoint. */
export const renderSchema = v.pipe(
  v.strictObject({
    inline: v.optional(flag("Requests may bring their own templates."), false),
    cache: v.optional(duration("How long fetched rows may serve again; 0 fetches each time."), "0"),
  }),
  v.description("The render endpoint."),
);
