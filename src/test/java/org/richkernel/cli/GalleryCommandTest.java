package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.gallery.Gallery;
import org.richkernel.gallery.Page;

class GalleryCommandTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path folder;

  private Program gallery(String... options) {
    List<String> arguments = new ArrayList<>(List.of("gallery", "--out=" + folder, "--small"));
    arguments.addAll(List.of(options));
    return Program.run(arguments.toArray(String[]::new));
  }

  private JsonNode json(String name) throws IOException {
    return MAPPER.readTree(Files.readAllBytes(folder.resolve(name)));
  }

  @Test
  void everyPageIsMadeOfItsRuns() throws IOException {
    Program run = gallery();
    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    JsonNode pages = json("summary.json").path("pages");
    assertThat(pages).hasSize(Gallery.pages().size());
    String index = Files.readString(folder.resolve("index.html"));
    for (Page page : Gallery.pages()) {
      String html = Files.readString(folder.resolve(page.name() + ".html"));
      assertThat(html).contains("<svg", "Expected and found", "--only=" + page.name());
      assertThat(index).contains("href=\"" + page.name() + ".html\"");
      Matcher link = Pattern.compile("href=\"(" + page.name() + "/[^\"]*)\"").matcher(html);
      int links = 0;
      while (link.find()) {
        assertThat(folder.resolve(link.group(1))).exists();
        links++;
      }
      assertThat(links).isPositive();
    }
    for (JsonNode page : pages) {
      assertThat(page.path("checks")).isNotEmpty();
      for (JsonNode check : page.path("checks")) {
        assertThat(check.path("verdict").asText())
            .as(check.toString())
            .isIn("holds", "not resolved");
      }
    }
  }

  @Test
  void finishedRunsAreKeptAndAWrongResultIsSeen() throws IOException {
    assertThat(gallery("--only=rich-bayes", "--quiet").code()).isZero();
    Path network = folder.resolve("rich-bayes/networks/runs/gamma=1/summary.json");
    Path theory = folder.resolve("rich-bayes/theory/summary.json");
    FileTime before = Files.getLastModifiedTime(theory);
    ObjectNode wrong = (ObjectNode) MAPPER.readTree(Files.readAllBytes(network));
    ((ObjectNode) wrong.path("layers").get(0)).put("alignment", 0.6);
    Files.write(network, MAPPER.writeValueAsBytes(wrong));
    Program again = gallery("--only=rich-bayes");
    assertThat(again.code()).isZero();
    assertThat(Files.getLastModifiedTime(theory)).isEqualTo(before);
    assertThat(again.err()).contains("does not hold").contains("networks 0.6");
    assertThat(json("summary.json").path("pages").get(0).path("verdict").asText())
        .isEqualTo("does not hold");
    assertThat(folder.resolve("rich-bayes.html")).content().contains("verdict fails");
  }

  @Test
  void aFolderKeepsToItsCommands() throws IOException {
    Path run = folder.resolve("rich-bayes/theory");
    Files.createDirectories(run);
    Files.writeString(run.resolve("run.json"), "{\"arguments\": [\"lazy\"]}");
    Program refused = gallery("--only=rich-bayes", "--quiet");
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.line()).contains("it holds a run of: lazy");
  }

  @Test
  void whatCannotBeMadeIsRefused() {
    assertThat(gallery("--only=nothing").line()).contains("--only is nothing; use rich-bayes");
    assertThat(gallery("--full").line()).contains("leave out --small or --full");
    assertThat(gallery("--train-x=test-data/x").line()).contains("name all of");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void theCommandsAreListed() {
    Program run = gallery("--list");
    assertThat(run.code()).isZero();
    for (Page page : Gallery.pages()) {
      assertThat(run.out()).contains(page.name() + ": ");
    }
    assertThat(folder).isEmptyDirectory();
  }
}
