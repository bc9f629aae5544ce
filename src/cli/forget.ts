import { systemClock } from "../clock.ts";
import { forgetContact } from "../event/forget_contact.ts";
import { requireContact } from "../message/find_recipient.ts";
import { createRenderer } from "../message/renderer.ts";
import type { Command } from "./command.ts";
import { parseContactWord } from "./contact_word.ts";
import { isJson, usage, withWorkplace } from "./workplace.ts";

/** `perigee forget`: erase a person. */
export const forget: Command = {
  name: "forget",
  summary: "erase a contact in the hub, and by deletes in exports that propagate them",
  usage: "<contact> --confirm",
  options: [{ name: "confirm", type: "boolean", help: "really erase; it cannot be undone" }],
  examples: ["perigee forget kozak@example.com --confirm"],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const [word] = input.positionals;
      if (word === undefined) throw usage("forget takes a contact, such as kozak@example.com");
      const renderer = createRenderer({ ...place, clock: systemClock, observe: () => {} });
      const contact = await requireContact(renderer, parseContactWord(word));
      const contactId = String(contact["contactId"]);
      if (input.values["confirm"] !== true) {
        throw usage(`contact ${contactId} would be erased for good; add --confirm`);
      }
      const erased = await forgetContact(
        place.hub.sql,
        contactId,
        place.config.imports.values(),
      );
      const exports = [...place.config.exports.values()];
      const keeping = exports.filter(({ deletes }) => deletes === "keep").map(({ name }) => name);
      if (isJson(input)) io.out(`${JSON.stringify({ contactId, erased, keeping })}\n`);
      else {
        const counts = Object.entries(erased).map(([what, number]) => `${what} ${number}`);
        io.out(`contact ${contactId} is erased: ${counts.join(", ")}\n`);
        if (keeping.length > 0) {
          io.out(`these exports keep what was exported (deletes: keep): ${keeping.join(", ")}\n`);
        }
      }
      return 0;
    }),
};
