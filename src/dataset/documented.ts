/** A type that a documented column has in the customer's table. */
export type DocumentedType =
  | "bigint"
  | "integer"
  | "jsonb"
  | "numeric"
  | "text"
  | "timestamp"
  | `varchar(${number})`;

/** One documented parameter of a dataset, named to the letter as the platform's page names it. */
export interface DocumentedColumn {
  readonly parameter: string;
  readonly type: DocumentedType;
  /** The older name that the page marks with an asterisk. */
  readonly deprecatedParameter: string | undefined;
  /** The values that the page lists; empty where it lists none. */
  readonly values: readonly string[];
}

/** One documented dataset: parameters in the page's order, key as this project chose it. */
export interface DocumentedDataset {
  readonly about: string;
  /** Parameters that make a row unique; `_rowId` is a technical column, the hub row's identity. */
  readonly key: readonly string[];
  readonly columns: readonly DocumentedColumn[];
}

function column(
  parameter: string,
  type: DocumentedType,
  more: { deprecated?: string; values?: readonly string[] } = {},
): DocumentedColumn {
  return {
    parameter,
    type,
    deprecatedParameter: more.deprecated,
    values: more.values ?? [],
  };
}

/**
 * The nine datasets of the page "Connecting to PostgreSQL", parameter names to the letter
 * (`occured`, `Phone`, `Status`, `messageURL` beside `messageUrl`). Types that are no Postgres types
 * there (`string`, `varchar (max)`, `float numeric`) are given as the nearest one that loses nothing;
 * `events.contactId` and `events.eventId` are widened to bigint, as `contactId` is everywhere else.
 */
export const documentedDatasets = {
  broadcasts: {
    about: "Bulk campaigns sent to segments.",
    key: ["id"],
    columns: [
      column("createdDate", "timestamp"),
      column("groupId", "integer"),
      column("id", "integer"),
      column("mediaType", "varchar(50)", {
        values: ["SMS", "Email", "WebPush", "Viber", "MobilePush", "AppInbox", "Widget"],
      }),
      column("messageId", "integer"),
      column("name", "varchar(1000)"),
      column("startedDate", "timestamp"),
      column("status", "varchar(50)", {
        values: [
          "IDLE",
          "RUNNING",
          "PAUSED",
          "SCHEDULED",
          "UNCONFIRMED",
          "CONSIDERATION",
          "BLOCKED",
        ],
      }),
      column("updatedDate", "timestamp"),
    ],
  },
  contactActivities: {
    about: "What happened to each message that was sent: delivered, opened, clicked and so on.",
    key: ["_rowId"],
    columns: [
      column("activityStatus", "varchar(100)", {
        deprecated: "activity",
        values: [
          "DELIVERED",
          "UNDELIVERED",
          "RECEIVED",
          "UNSUBSCRIBED",
          "CLICKED",
          "SPAM",
          "SUBSCRIPTION_CHANGED",
          "PUSH_SUBSCRIBED",
        ],
      }),
      column("broadcastId", "integer"),
      column("campaignType", "varchar(50)", { values: ["IM", "Group"] }),
      column("clickEventLink", "varchar(1000)"),
      column("contactId", "bigint"),
      column("statusDescription", "varchar(1000)", { deprecated: "errorCode" }),
      column("eventKey", "varchar(100)"),
      column("eventTypeKey", "varchar(100)"),
      column("externalCustomerId", "varchar(100)"),
      column("mediaType", "varchar(50)", {
        values: [
          "SMS",
          "Email",
          "WebPush",
          "Viber",
          "MobilePush",
          "AppInbox",
          "Widget",
          "In-App",
          "Telegram",
        ],
      }),
      column("messageInstanceId", "integer"),
      column("messageLanguageCode", "varchar(50)"),
      column("messageName", "varchar(100)"),
      column("messageId", "integer"),
      column("messageTags", "varchar(200)"),
      column("messageURL", "varchar(1000)"),
      column("senderName", "varchar(200)"),
      column("activityDateTime", "timestamp", { deprecated: "started" }),
      column("utmCampaign", "varchar(400)"),
      column("workflowId", "text"),
      column("workflowInstanceId", "varchar(200)"),
      column("workflowBlockId", "varchar(200)"),
    ],
  },
  contacts: {
    about: "The people messages are sent to.",
    key: ["contactId"],
    columns: [
      column("contactId", "bigint"),
      column("contactSource", "varchar(50)", {
        values: [
          "SITE_AUTOMATED",
          "I_MESSAGE",
          "CAMPAIGN",
          "IMPORT",
          "MANUAL",
          "SUBSCRIPTION",
          "ORDER",
        ],
      }),
      column("createdDate", "timestamp"),
      column("email", "varchar(50)"),
      column("emailDomain", "varchar(100)"),
      column("emailStatus", "varchar(50)"),
      column("externalCustomerId", "varchar(100)"),
      column("firstName", "varchar(50)"),
      column("languageCode", "varchar(20)"),
      column("lastClickedDate", "timestamp"),
      column("lastName", "varchar(50)"),
      column("lastReceivedDate", "timestamp"),
      column("lastSentDate", "timestamp"),
      column("lastViewedDate", "timestamp"),
      column("sms", "varchar(50)"),
      column("totalClicked", "integer"),
      column("totalReceived", "integer"),
      column("totalSent", "integer"),
      column("totalViewed", "integer"),
    ],
  },
  devices: {
    about: "Apps and browsers that receive push messages.",
    key: ["applicationId", "deviceId"],
    columns: [
      column("appVersion", "varchar(50)"),
      column("applicationId", "integer"),
      column("category", "varchar(50)"),
      column("contactId", "bigint"),
      column("deviceId", "varchar(250)"),
      column("deviceModel", "varchar(100)"),
      column("externalCustomerId", "varchar(100)"),
      column("languageCode", "varchar(20)"),
      column("osType", "varchar(50)"),
      column("osVersion", "varchar(50)"),
      column("pushToken", "text"),
      column("timeZone", "varchar(100)"),
    ],
  },
  events: {
    about:
      "Things that happened and that can start a workflow; triggers add one per contact and run.",
    key: ["eventId"],
    columns: [
      column("contactId", "bigint"),
      column("eventId", "bigint"),
      column("eventTypeKey", "text"),
      column("keyValue", "text"),
      column("occured", "timestamp"),
      column("paramsJson", "jsonb"),
    ],
  },
  messages: {
    about: "Message templates.",
    key: ["messageId"],
    columns: [
      column("annoyanceLevel", "integer"),
      column("language", "varchar(50)"),
      column("mediaType", "varchar(50)", {
        values: ["SMS", "Email", "WebPush", "Viber", "MobilePush", "AppInbox", "Widget", "In-App"],
      }),
      column("messageId", "integer"),
      column("name", "varchar(200)"),
      column("replyTo", "varchar(200)"),
      column("sender", "varchar(200)"),
      column("subject", "varchar(1000)"),
      column("tags", "varchar(200)"),
      column("translations", "varchar(200)"),
      column("updateDate", "timestamp"),
    ],
  },
  orderItems: {
    about: "Products of orders.",
    key: ["_rowId"],
    columns: [
      column("cost", "numeric"),
      column("description", "varchar(300)"),
      column("externalProductId", "varchar(100)"),
      column("imageUrl", "varchar(200)"),
      column("name", "varchar(100)"),
      column("orderDate", "timestamp"),
      column("orderId", "integer"),
      column("quantity", "integer"),
      column("url", "varchar(200)"),
    ],
  },
  orders: {
    about: "Orders of contacts.",
    key: ["orderId"],
    columns: [
      column("contactId", "bigint"),
      column("deliveryAddress", "varchar(100)"),
      column("deliveryMethod", "varchar(50)"),
      column("discount", "numeric"),
      column("email", "varchar(50)"),
      column("externalOrderId", "varchar(100)"),
      column("firstName", "varchar(50)"),
      column("lastName", "varchar(50)"),
      column("orderCreatedDate", "timestamp"),
      column("orderDate", "timestamp"),
      column("orderId", "integer"),
      column("paymentMethod", "varchar(50)"),
      column("Phone", "varchar(50)"),
      column("Status", "varchar(50)", {
        values: ["INITIALIZED", "IN PROGRESS", "DELIVERED", "CANCELED"],
      }),
      column("totalCost", "numeric"),
    ],
  },
  revenue: {
    about: "Orders attributed to the messages that led to them.",
    key: ["_rowId"],
    columns: [
      column("activityStatus", "varchar(100)", {
        deprecated: "activity",
        values: [
          "DELIVERED",
          "UNDELIVERED",
          "RECEIVED",
          "UNSUBSCRIBED",
          "CLICKED",
          "SPAM",
          "SUBSCRIPTION_CHANGED",
          "PUSH_SUBSCRIBED",
        ],
      }),
      column("campaignType", "varchar(50)", { values: ["IM", "Group"] }),
      column("clickEventLink", "varchar(1000)"),
      column("contactId", "bigint"),
      column("currency", "varchar(3)"),
      column("externalCustomerId", "varchar(100)"),
      column("externalOrderId", "varchar(200)"),
      column("mediaType", "varchar(50)", {
        values: ["Sms", "Email", "WebPush", "Viber", "MobilePush", "AppInbox", "Widget"],
      }),
      column("messageInstanceId", "integer"),
      column("messageName", "varchar(100)"),
      column("messageTags", "varchar(200)"),
      column("messageUrl", "varchar(1000)"),
      column("orderDate", "timestamp"),
      column("senderName", "varchar(200)"),
      column("activityDateTime", "timestamp", { deprecated: "started" }),
      column("totalCost", "numeric"),
      column("utmCampaign", "varchar(400)"),
    ],
  },
} satisfies Record<string, DocumentedDataset>;
