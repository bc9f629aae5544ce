/** Those whose names of months, weekdays, eras and halves of the day JDK and runtime agree about. */
export const namedLocales = [
  ...["en", "en", "en-US", "en-GB", "pl-PL", "it-IT", "pt-BR", "fr-FR", "tr-TR", "ro-RO", "hu-HU"],
  ...[
    "ka-GE",
    "kk-KZ",
    "de-DE",
    "sv-SE",
    "ja-JP",
    "zh-CN",
    "zh-TW",
    "hr-HR",
    "et-EE",
    "ru-RU",
    "id-ID",
  ],
];

/** All locales that questions are about. */
export const locales = [
  ...namedLocales,
  ...[
    "uk-UA",
    "uk",
    "de-CH",
    "es-ES",
    "pt-PT",
    "cs-CZ",
    "lt-LT",
    "nl-NL",
    "ko-KR",
    "ar-EG",
    "he-IL",
  ],
  ...["hi-IN", "bg-BG", "fa-IR", "el-GR", "az-AZ", "uz-UZ", "en-CA", "en-AU", "es-MX", "fi-FI"],
  ...["da-DK", "vi-VN", "sk-SK", "lv-LV", "nb-NO", "mr-IN", "bn-BD"],
];

/** Zones: UTC, offsets, and names with and without clock changes. */
export const zones = [
  ...["UTC", "UTC", "Europe/Kyiv", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "GMT+3"],
  ...[
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "GMT-09:30",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
  ],
  ...["Africa/Lagos", "America/St_Johns", "Europe/London", "Pacific/Apia"],
];

/** Patterns of DecimalFormat, whole. */
export const numberPatterns = [
  ...["#.00", "0.00", "#,##0.00", "#,##0.##", "0", "#", "##", "00.#", "#.##", ".00", ".##", "0.#"],
  ...["000", "#,###", "#,##0", "#,####.0", "0.000000", "#%", "0.0%", "0.##‰", "0.00;(0.00)", "#."],
  ...[
    "'#'0",
    "0 'a''b'",
    "$#,##0.00",
    "0.00 грн",
    "#0;-#",
    "#,##0.00;(#,##0.00)",
    "0E0",
    "0.00E00",
  ],
  ...[
    "##0.###E0",
    "#,##0 ₴",
    "€ 0.00",
    "0,000.0",
    "##,##,##0",
    "0.0#;neg 0",
    "-0",
    "+0;-0",
    "00E0",
  ],
  ...[
    "@0",
    "0 %",
    "%0",
    "'%'0",
    "#.#E0",
    "",
    "0.",
    "#,##0.",
    "#,0.0",
    "0;0",
    "#;#-",
    "a0b",
    "x#.#y",
    "000 000",
    "0 #",
    "(00) 0",
    "a0;",
  ],
];

/** What patterns of numbers are put together from. */
export const numberPieces = [
  "#",
  "#",
  "0",
  "0",
  ",",
  ".",
  ".",
  "%",
  "'",
  ";",
  "-",
  "E0",
  " ",
  "‰",
  "a",
  "E",
];

/** Whole numbers around the bounds of Java's types. */
export const wholes = [
  ...["0", "1", "-1", "5", "12", "99", "100", "999", "1000", "-1234567", "2147483648", "10", "-10"],
  ...[
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "123456789012345678901234",
  ],
];

/** Doubles that are hard to round or to print. */
export const doubles = [
  ...["0.0", "-0.0", "0.5", "1.5", "2.5", "0.125", "0.135", "1234.565", "-1234.5", "0.05", "1.005"],
  ...["1.0E10", "1.0E21", "1.5E300", "1.0E-10", "4.9E-300", "NaN", "Infinity", "-Infinity", "0.1"],
  ...["999.995", "999.9949999", "0.9999", "-0.001", "2.0", "9.99E22", "1.7976931348623157E308"],
];

/** Patterns of SimpleDateFormat, whole. */
export const datePatterns = [
  ...[
    "dd/MM/yyyy HH:mm",
    "dd.MM.yyyy",
    "yyyy-MM-dd",
    "yyyy-MM-dd'T'HH:mm:ssX",
    "d MMMM yyyy",
    "d MMM",
  ],
  ...[
    "EEEE, d MMMM",
    "EEE dd",
    "MMMM yyyy",
    "MMM yy",
    "MMMM",
    "LLLL yyyy",
    "hh:mm a",
    "K:mm a",
    "kk:mm",
  ],
  ...[
    "yyyyMMddHHmmss",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "YYYY-'W'ww-u",
    "D F w W",
    "G y",
    "yy",
    "yyy",
  ],
  ...[
    "yyyyy",
    "M/d/yy",
    "HH:mm:ss.SSS",
    "h 'o''clock'",
    "''yy",
    "EEEEE",
    "MMMMM",
    "LLL",
    "Z",
    "XX",
    "YY",
  ],
  ...[
    "dd MMMM yyyy 'р.'",
    "w YYYY",
    "W MMMM",
    "u EEE",
    "a",
    "GGGG yy",
    "dd-MM-yyyy HH:mm:ss Z",
    "S",
    "SS",
  ],
];

/** The letters of date patterns. */
export const dateLetters = "GyYMLwWDdFEuaHkKhmsSZX";
/** What stands between the letters of date patterns. */
export const separators = [
  " ",
  "-",
  "/",
  ".",
  ":",
  ", ",
  "",
  "'T'",
  "''",
  "'x'",
  "ü",
  "1",
  " 'o''c' ",
];
