import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.text.ParsePosition;
import java.text.SimpleDateFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;

/**
 * Formats and reads numbers and dates with java.text, counts with java.util.Calendar and java.time,
 * and calculates with the MathTool of velocity-tools where that is on the class path. One JSON array
 * [kind, arguments…] of texts a line on standard input; one JSON object {"out": text} or
 * {"error": text} a line on standard output.
 */
public final class FormatOracle {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, "UTF-8");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(answer((List<?>) Json.read(line)));
      out.flush();
    }
  }

  private static String answer(List<?> request) {
    try {
      String[] texts = request.stream().map(String.class::cast).toArray(String[]::new);
      return "{\"out\":" + Json.quote(String.valueOf(compute(texts))) + "}";
    } catch (Throwable failure) {
      return "{\"error\":" + Json.quote(String.valueOf(failure)) + "}";
    }
  }

  private static Object compute(String[] texts) throws Exception {
    switch (texts[0]) {
      case "number":
        Locale locale = Locale.forLanguageTag(texts[3]);
        return new DecimalFormat(texts[1], DecimalFormatSymbols.getInstance(locale))
            .format(number(texts[2]));
      case "date":
        return dateFormat(texts[1], texts[3], texts[4]).format(new Date(Long.parseLong(texts[2])));
      case "read":
        Date date = dateFormat(texts[1], texts[3], texts[4]).parse(texts[2], new ParsePosition(0));
        if (date == null) throw new IllegalArgumentException("unparseable");
        return date.getTime();
      case "add":
        return added(texts[1], Integer.parseInt(texts[2]), Long.parseLong(texts[3]), texts[4]);
      case "diff":
        return ChronoUnit.valueOf(texts[1])
            .between(zoned(texts[2], texts[4]), zoned(texts[3], texts[4]));
      default:
        return calculated(texts[1], number(texts[2]), number(texts[3]));
    }
  }

  private static Number number(String text) {
    if (!text.matches("-?\\d+")) return Double.valueOf(text);
    BigInteger whole = new BigInteger(text);
    return whole.bitLength() < 64 ? (Number) whole.longValue() : whole;
  }

  private static SimpleDateFormat dateFormat(String pattern, String zone, String locale) {
    Locale language = Locale.forLanguageTag(locale);
    SimpleDateFormat format = new SimpleDateFormat(pattern, language);
    format.setTimeZone(TimeZone.getTimeZone(zone));
    return format;
  }

  private static long added(String unit, int count, long epochMs, String zone) {
    Calendar calendar = Calendar.getInstance(TimeZone.getTimeZone(zone), Locale.ROOT);
    calendar.setTimeInMillis(epochMs);
    int field =
        List.of(Calendar.YEAR, Calendar.MONTH, Calendar.DATE, Calendar.HOUR_OF_DAY, Calendar.MINUTE)
            .get(List.of("YEARS", "MONTHS", "DAYS", "HOURS", "MINUTES").indexOf(unit));
    calendar.add(field, count);
    return calendar.getTimeInMillis();
  }

  private static ZonedDateTime zoned(String epochMs, String zone) {
    return Instant.ofEpochMilli(Long.parseLong(epochMs))
        .atZone(ZoneId.of(zone, ZoneId.SHORT_IDS));
  }

  private static Object calculated(String name, Number left, Number right) throws Exception {
    Object tool =
        Class.forName("org.apache.velocity.tools.generic.MathTool")
            .getDeclaredConstructor()
            .newInstance();
    return tool.getClass()
        .getMethod(name, Object.class, Object.class)
        .invoke(tool, left, right);
  }
}
