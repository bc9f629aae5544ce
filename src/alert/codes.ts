/** Error codes of freshness, sinks and alerts: what each means, why it happens and what to do. */
export const alertCodes = {
  PG440: {
    meaning: "The last success of an import, segment or export is older than its `max_staleness`.",
    cause: "Its runs fail, take too long, or nothing makes it run.",
    advice: "Look at its newest runs with `perigee status`; what made them fail says what to do.",
  },
  PG441: {
    meaning: "A webhook of `alerts` does not take an alert.",
    cause: "The receiver is away, refuses the request, or its address is not allowed.",
    advice:
      "Check the address under `alerts.webhooks`; private addresses need `alerts.allow_private`.",
  },
  PG700: {
    meaning: "A sink takes no events for now; they wait and are tried again.",
    cause: "Its receiver is away, answers with errors, or refuses our credentials.",
    advice: "Look at the receiver; deliveries go on by themselves when it works again.",
  },
  PG701: {
    meaning: "A sink is disabled: its receiver answered 410 and wants nothing any more.",
    cause: "The receiver was removed or closed this address.",
    advice: "Correct the sink's address or remove it; `perigee sink resume <name>` goes on.",
  },
} as const satisfies Record<string, { meaning: string; cause: string; advice: string }>;
