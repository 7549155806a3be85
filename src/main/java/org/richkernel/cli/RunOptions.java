package org.richkernel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.data.Reading;
import org.richkernel.group.RankGroup;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the backend and the output of any command. */
@HelpGroup(HelpGroup.MACHINE)
final class RunOptions {
  private static final String FIRST_DEVICE = "0";

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "auto, cpu or cuda. Only auto falls back to the CPU, and says so. Default: "
              + "${DEFAULT-VALUE}.")
  private String backend = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Number of threads to compute with. Default: SLURM_CPUS_PER_TASK where set, otherwise "
              + "the "
              + "processors of the machine.")
  private @Nullable Integer threads;

  @Option(
      names = "--devices",
      paramLabel = "N[,N...]",
      description =
          "CUDA devices to compute on, as the command 'devices' numbers them, integers from 0; "
              + "the chains of a "
              + "sampled fit are spread over them, and the points of a chain where there are more "
              + "devices than chains, with the numbers of one device. Default: 0.")
  private @Nullable String devices;

  @Option(
      names = "--device-memory",
      paramLabel = "BYTES",
      description =
          "Most memory that the matrices of a backend may take, on each device. Unit: bytes, or "
              + "with k, m, g or t (powers of 1024), such as 8g. Default: what is free.")
  private @Nullable String deviceMemory;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = "fp32",
      description =
          "Products of float32 matrices on a CUDA device: fp32; tf32 (tensor cores, factors rounded "
              + "to 10 bits); or tf32x3 (tensor cores, factors in two parts, about as accurate as "
              + "fp32). Factorizations are float64 always. Default: ${DEFAULT-VALUE}.")
  private FieldPrecision precision = FieldPrecision.FP32;

  @Mixin private CudaLibrariesOption cudaLibraries = new CudaLibrariesOption();

  @Option(
      names = "--quiet",
      negatable = true,
      description = "Write nothing but warnings and failures. Default: off.")
  private boolean quiet;

  /** Read by the program, before the other options are. */
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private ConfigOption config = new ConfigOption();

  @Mixin private DebugOption debug = new DebugOption();

  /** Whether only warnings and failures are to be written. */
  boolean quiet() {
    return quiet;
  }

  /** Complains about numbers that make no sense. */
  void check() {
    backendOptions();
    if (backend.equals("cpu") && devices != null) {
      throw new InvalidProblemException(
          "devices", devices, "--backend cpu has none to choose from; use --backend cuda");
    }
    if (backend.equals("cpu") && precision != FieldPrecision.FP32) {
      throw new InvalidProblemException(
          "precision",
          precision.id(),
          "--backend cpu has no tensor cores; use fp32 or --backend cuda");
    }
  }

  private BackendOptions backendOptions() {
    BackendOptions options =
        new BackendOptions(threads(System.getenv()), Long.MAX_VALUE).withPrecision(precision);
    if (devices != null) {
      options = options.withDevices(ordinals(devices));
    }
    if (deviceMemory != null) {
      options = options.withMemoryLimit(ByteSize.parse("device-memory", deviceMemory));
    }
    return cudaLibraries.applyTo(options);
  }

  /**
   * Threads to compute with.
   *
   * @param environment variables with their values
   */
  int threads(Map<String, String> environment) {
    if (threads != null) {
      if (threads < 1) {
        throw new InvalidProblemException("threads", threads, "use at least 1");
      }
      return threads;
    }
    try {
      return BackendOptions.defaults(environment).threads();
    } catch (IllegalArgumentException e) {
      InvalidProblemException invalid =
          new InvalidProblemException(
              BackendOptions.THREADS_VARIABLE,
              environment.get(BackendOptions.THREADS_VARIABLE),
              "set it to a whole number of at least 1, or give --threads");
      invalid.initCause(e);
      throw invalid;
    }
  }

  private static List<Integer> ordinals(String text) {
    List<Integer> ordinals = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String number = part.strip();
      if (!number.matches("[0-9]{1,4}") || ordinals.contains(Integer.valueOf(number))) {
        throw new InvalidProblemException(
            "devices", text, "use numbers from 0 that differ, with commas between, such as 0,1");
      }
      ordinals.add(Integer.valueOf(number));
    }
    return ordinals;
  }

  /** These options as arguments, for another command. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--backend=" + backend));
    if (threads != null) {
      arguments.add("--threads=" + threads);
    }
    if (devices != null) {
      arguments.add("--devices=" + devices);
    }
    if (deviceMemory != null) {
      arguments.add("--device-memory=" + deviceMemory);
    }
    if (cudaLibraries.folder() != null) {
      arguments.add("--cuda-libraries=" + cudaLibraries.folder());
    }
    if (precision != FieldPrecision.FP32) {
      arguments.add("--precision=" + precision.id());
    }
    if (quiet) {
      arguments.add("--quiet");
    }
    if (debug.given()) {
      arguments.add("--debug");
    }
    return arguments;
  }

  /** Advice against too little memory of a device; a limit set by an option can be raised too. */
  String lessDeviceMemory(String mend) {
    return deviceMemory == null ? mend : mend + ", or raise --device-memory " + deviceMemory;
  }

  /** Prints the files read; warnings are printed even in a quiet run. */
  void announce(Reading reading, Console console) {
    if (!quiet) {
      console.line(reading.line());
    }
    reading.warnings().forEach(console::warn);
  }

  /** Opens the backend; tells the console where auto falls back. */
  Backend open(Console console) {
    return open(console, RankGroup.alone());
  }

  /** The same for one of several ranks. */
  Backend open(Console console, RankGroup ranks) {
    Consumer<String> notice =
        line -> {
          if (!quiet) {
            console.line(line);
          }
        };
    boolean forDevices = devices != null || precision != FieldPrecision.FP32;
    boolean askedForCuda = forDevices || deviceMemory != null || cudaLibraries.folder() != null;
    // why a backend was passed over is news only to who counted on it
    Consumer<String> reason = askedForCuda ? notice : line -> {};
    Backend opened = Backends.open(backend, backendOptions().among(ranks), reason);
    if (backend.equals("auto") && opened.info().name().equals("cpu") && !askedForCuda) {
      notice.accept("backend cpu; the command devices says why not cuda");
    }
    if (forDevices && opened.info().name().equals("cpu")) {
      notice.accept("--devices and --precision have no effect on the cpu backend");
    }
    opened
        .info()
        .environment()
        .forEach(
            (name, value) ->
                console.warn(name + "=" + value + " changes how precisely cuBLAS computes"));
    return opened;
  }

  /** Replaces defaults by their values. */
  void resolve(Map<String, Object> options) {
    options.put("threads", threads(System.getenv()));
    boolean chooses = !backend.equals("cpu"); // which would refuse them when it is run again
    options.put("devices", devices == null && chooses ? FIRST_DEVICE : devices);
  }
}
