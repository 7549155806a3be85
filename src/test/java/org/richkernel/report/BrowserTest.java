package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

/** Reports as a browser lays them out, where there is a Chromium. */
class BrowserTest {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  /** Written into a copy of the page: what the browser measures, as attributes of the body. */
  private static final String MEASURE =
      """
      <script>
      window.addEventListener('load', () => {
        const root = document.documentElement, set = (n, v) => document.body.setAttribute(n, v);
        let out = 0, tiny = 0, empty = 0;
        for (const e of document.querySelectorAll('main *')) {
          const r = e.getBoundingClientRect();
          if (!e.closest('.scroll') && !e.closest('svg') && r.right > window.innerWidth + 0.5) out++;
        }
        for (const t of document.querySelectorAll('svg text')) {
          const scale = t.getScreenCTM().a || Math.abs(t.getScreenCTM().b);
          if (parseFloat(getComputedStyle(t).fontSize) * scale < 9) tiny++;
        }
        for (const p of document.querySelectorAll('svg .stroke'))
          if (getComputedStyle(p).stroke === 'none') empty++;
        set('data-inner', window.innerWidth); set('data-scroll', root.scrollWidth);
        set('data-out', out); set('data-tiny', tiny); set('data-unpainted', empty);
        set('data-page', getComputedStyle(document.body).backgroundColor);
      });
      </script>
      """;

  @TempDir Path folder;

  private record Seen(Map<String, String> attributes, String console) {
    int number(String name) {
      return Integer.parseInt(attributes.get(name));
    }
  }

  private static Optional<Path> chromium() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .flatMap(place -> NAMES.stream().map(name -> Path.of(place, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Lays a page out in a window of a width. */
  private Seen look(String page, int width, boolean dark) throws Exception {
    Optional<Path> browser = chromium();
    if (browser.isEmpty()) {
      String reason = "skipped: no chromium on the PATH, so no page was laid out";
      System.out.println("BrowserTest " + reason);
      Assumptions.abort(reason);
    }
    Path copy = folder.resolve("page.html");
    Files.writeString(copy, page.replace("</body>", MEASURE + "</body>"));
    Path profile = folder.resolve("profile");
    List<String> command =
        new ArrayList<>(
            List.of(
                browser.get().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--enable-logging=stderr",
                "--user-data-dir=" + profile,
                "--window-size=" + width + ",2000",
                "--dump-dom"));
    if (dark) {
      command.add("--blink-settings=preferredColorScheme=0");
    }
    command.add(copy.toUri().toString());
    Path dom = folder.resolve("dom.html");
    Path log = folder.resolve("log.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(dom.toFile())
            .redirectError(log.toFile())
            .start();
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      Assumptions.abort("skipped: chromium did not finish");
    }
    Assumptions.assumeTrue(process.exitValue() == 0, "skipped: chromium does not start here");
    return new Seen(attributes(Files.readString(dom)), console(log));
  }

  private static Map<String, String> attributes(String dom) {
    Matcher found = Pattern.compile("data-([a-z]+)=\"([^\"]*)\"").matcher(dom);
    Map<String, String> attributes = new java.util.HashMap<>();
    while (found.find()) {
      attributes.put(found.group(1), found.group(2));
    }
    return attributes;
  }

  private static String console(Path log) throws IOException {
    String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    return String.join(
        "\n", Arrays.stream(text.split("\n")).filter(line -> line.contains("CONSOLE")).toList());
  }

  private static String page() {
    return ReportWriter.html(
        SampleResult.withSites(SampleResult.complete(60, 3))
            .with(
                "history_sweep",
                Stream.iterate(25.0, s -> s + 25)
                    .limit(17)
                    .mapToDouble(Double::doubleValue)
                    .toArray(),
                17));
  }

  @Test
  void aNarrowPageNeedsNoScrollingAndStaysReadable() throws Exception {
    Seen seen = look(page(), 420, false);

    assertThat(seen.console()).isEmpty();
    assertThat(seen.number("scroll")).isLessThanOrEqualTo(seen.number("inner"));
    assertThat(seen.number("inner")).isLessThanOrEqualTo(500);
    assertThat(seen.number("out")).isZero();
    assertThat(seen.number("tiny")).isZero();
    assertThat(seen.number("unpainted")).isZero();
    assertThat(seen.attributes().get("page")).isEqualTo("rgb(255, 255, 255)");
  }

  @Test
  void aDarkPageIsDarkAndWide() throws Exception {
    Seen seen = look(page(), 1060, true);

    assertThat(seen.console()).isEmpty();
    assertThat(seen.number("scroll")).isLessThanOrEqualTo(seen.number("inner"));
    assertThat(seen.attributes().get("page")).isEqualTo("rgb(20, 24, 29)");
  }

  @Test
  void pathsAndNumbersOfAnyLengthStayWithinThePage() throws Exception {
    Summary summary =
        Summary.builder("bayes", Map.of("train-x", "x".repeat(300), "gamma", 1.23456789e-300))
            .detail("note", "w".repeat(200))
            .build();

    Seen seen = look(ReportWriter.html(Result.of(summary)), 420, false);

    assertThat(seen.number("scroll")).isLessThanOrEqualTo(seen.number("inner"));
  }
}
