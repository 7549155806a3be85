package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Python module of docs/ on a real interpreter; skipped where there is none with NumPy. */
class PythonModuleTest {
  private static final String PROBLEM =
      """
      import sys, numpy
      sys.path.insert(0, "docs")
      import richkernel
      program = [sys.argv[3], "-cp", sys.argv[1], "org.richkernel.cli.Main"]
      x = numpy.array([[1.0, 0.2], [-0.3, 0.9], [0.5, -0.8]])
      y = numpy.array([1.0, -1.0, 0.5])
      """;

  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  @BeforeEach
  void needsNumPy() throws IOException, InterruptedException {
    assumeTrue(python("import numpy").code() == 0, "skipped: no python3 with NumPy on the path");
  }

  @Test
  void arraysGoInAndTheResultComesBack(@TempDir Path folder) throws Exception {
    Run run =
        python(
            PROBLEM
                + """
                fit = richkernel.run("lazy", sys.argv[2], program=program, train_x=x, train_y=y,
                                     test_x=x[:2], test_y=y[:2], beta=1e6, kernel="nngp")
                assert fit.converged and fit.summary["config"]["beta"] == 1e6
                assert numpy.allclose(fit.arrays["f_train"], y, atol=1e-3)
                assert richkernel.run("report", sys.argv[2], program=program).converged
                # at tiny noise the predictor interpolates
                assert numpy.allclose(richkernel.load(sys.argv[2]).arrays["f_test"], y[:2], atol=1e-3)
                """,
            System.getProperty("java.class.path"),
            folder.resolve("fit").toString(),
            JAVA);
    assertThat(run.output()).isEmpty();
    assertThat(run.code()).isZero();
  }

  @Test
  void refusalIsTheProgramsOwnLine(@TempDir Path folder) throws Exception {
    Run run =
        python(
            PROBLEM
                + """
                try:
                    richkernel.run("lazy", sys.argv[2], program=program, train_x=x, train_y=y, beta=-1)
                except RuntimeError as e:
                    print(e)
                """,
            System.getProperty("java.class.path"),
            folder.resolve("fit").toString(),
            JAVA);
    assertThat(run.output()).startsWith("richkernel lazy ended with 2: ").contains("--beta");
  }

  private record Run(int code, String output) {}

  /** Runs a script; -1 where python3 cannot be started. */
  private static Run python(String script, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("python3", "-B", "-c", script);
    builder.command().addAll(List.of(arguments));
    builder.redirectErrorStream(true);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return new Run(-1, "python3 cannot be started: " + e.getMessage());
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return new Run(process.exitValue(), output.strip());
  }
}
