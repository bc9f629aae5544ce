import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;

/**
 * Renders templates with Apache Velocity, 1.7 or 2.x, whichever is on the class path. The argument is
 * 2.x's treatment of white space. One JSON array [context, template] a line on standard
 * input; one JSON object {"out": text} or {"error": text} a line on standard output.
 */
public final class Oracle {
  private static String whitespace;

  public static void main(String[] args) throws Exception {
    whitespace = args[0];
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, "UTF-8");
    VelocityEngine shared = engine();
    int number = 0;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      List<?> request = (List<?>) Json.read(line);
      String template = (String) request.get(1);
      boolean isolated = template.contains("macro");
      number++;
      out.println(render(isolated ? engine() : shared, request.get(0), template, number));
      out.flush();
    }
  }

  private static VelocityEngine engine() {
    VelocityEngine engine = new VelocityEngine();
    engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
    engine.setProperty("resource.loader", "string");
    engine.setProperty(
        "string.resource.loader.class",
        "org.apache.velocity.runtime.resource.loader.StringResourceLoader");
    engine.setProperty("velocimacro.library", "");
    engine.setProperty("velocimacro.permissions.allow.inline.local.scope", "true");
    engine.setProperty("velocimacro.max.depth", "20");
    engine.setProperty("parser.space_gobbling", whitespace);
    engine.init();
    return engine;
  }

  private static String render(VelocityEngine engine, Object data, String template, int number) {
    try {
      VelocityContext context = new VelocityContext();
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) data).entrySet()) {
        context.put((String) entry.getKey(), entry.getValue());
      }
      StringWriter text = new StringWriter();
      engine.evaluate(context, text, "t" + number, template);
      return "{\"out\":" + Json.quote(text.toString()) + "}";
    } catch (Throwable failure) {
      return "{\"error\":" + Json.quote(String.valueOf(failure.getMessage())) + "}";
    }
  }
}
