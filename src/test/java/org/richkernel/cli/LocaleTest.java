package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Names with letters that the locale of a process cannot write, in processes of their own. */
@EnabledOnOs(OS.LINUX)
class LocaleTest {
  @TempDir Path folder;

  /** Runs a script whose process has a locale, and expects an exit code. */
  private String run(String locale, int code) throws Exception {
    String java =
        String.join(
            " ",
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp \"$CP\"",
                Main.class.getName()));
    // the shell hands the bytes of the name on as they are, whatever the locale of this process
    String script =
        "d=$(printf 'gr\\303\\266\\303\\237e'); mkdir -p $d; printf '1,0\\n2,1\\n3,0\\n' > $d/a.csv; "
            + java
            + " lazy --quiet --backend cpu --train-x $d/a.csv --label-column 1 --out $d/out";
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", script).directory(folder.toFile());
    shell.environment().put("LC_ALL", locale);
    shell.environment().put("CP", absoluteClassPath());
    Process process = shell.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(code);
    return said;
  }

  private static String absoluteClassPath() {
    StringBuilder path = new StringBuilder();
    for (String part : System.getProperty("java.class.path").split(":")) {
      path.append(path.length() == 0 ? "" : ":").append(Path.of(part).toAbsolutePath());
    }
    return path.toString();
  }

  @Test
  void aNameBeyondTheLocaleIsRefusedWithAMendThatHolds() throws Exception {
    assertThat(run("C", ExitCode.USAGE)).contains("set LC_ALL=C.UTF-8");
    run("C.UTF-8", ExitCode.DONE);
  }
}
