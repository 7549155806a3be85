package org.richkernel.compute.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.DeviceLostException;

/**
 * Looks for a driver, a device and the libraries, each on its own, and opens a backend on trial:
 * only one that has compiled and run a kernel counts as usable.
 */
final class CudaProbe {
  private final BackendOptions options;
  private final List<String> report = new ArrayList<>();
  private List<CudaDevice> devices = List.of();
  private String problem;
  private String mend;

  private CudaProbe(BackendOptions options) {
    this.options = options;
  }

  /** Looks, tries, and reports. */
  static BackendProvider.Probe run(BackendOptions options) {
    CudaProbe probe = new CudaProbe(options);
    probe.look();
    if (probe.problem == null) {
      probe.tryOut();
    }
    boolean usable = probe.problem == null;
    return new BackendProvider.Probe(
        usable,
        probe.devices.isEmpty() ? "none" : probe.devices.get(0).name(),
        usable ? "" : (probe.problem + "; mend: " + probe.mend).replaceAll("\\R", " "),
        probe.report);
  }

  /**
   * Searches the driver, devices and libraries of a backend, without a test run.
   *
   * @param options requested devices, and folder of the libraries
   * @throws BackendUnavailableException naming the first thing that is missing
   */
  static List<CudaDevice> requireDevices(BackendOptions options) {
    CudaProbe probe = new CudaProbe(options);
    probe.look();
    if (probe.problem != null) {
      throw new BackendUnavailableException("cuda", probe.problem, probe.mend);
    }
    return options.devices().stream().map(probe::require).toList();
  }

  private CudaDevice require(int ordinal) {
    if (ordinal >= devices.size()) {
      String visible = System.getenv("CUDA_VISIBLE_DEVICES");
      throw new BackendUnavailableException(
          "cuda",
          "there is no device "
              + ordinal
              + ", the driver shows "
              + (devices.size() == 1 ? "only device 0" : "devices 0 to " + (devices.size() - 1))
              + " (CUDA_VISIBLE_DEVICES "
              + (visible == null ? "unset" : "= '" + visible + "'")
              + ")",
          "name devices that the command 'devices' lists");
    }
    return devices.get(ordinal);
  }

  private void look() {
    CudaLibrary.Status driver = CudaLibrary.loadDriver();
    note(driver);
    if (driver.loaded()) {
      lookForDevices();
    }
    lookForToolkit();
    precisionVariables().forEach((name, value) -> report.add(name + "=" + value + " is set"));
  }

  private void note(CudaLibrary.Status status) {
    if (status.loaded()) {
      report.add(status.finding());
    } else {
      note(status.finding(), status.mend());
    }
  }

  private void lookForDevices() {
    try {
      devices = CudaDevice.all();
      for (int i = 0; i < devices.size(); i++) {
        report.add("device " + i + ": " + devices.get(i).summary());
      }
    } catch (CudaRefusal e) {
      note("device: " + e.getMessage(), e.mend());
    } catch (CudaException e) {
      note("device: " + e.getMessage(), "see whether nvidia-smi works on this machine");
    }
  }

  /** Searches the libraries, even without a device, so that one report lists everything missing. */
  private void lookForToolkit() {
    int driverVersion = devices.isEmpty() ? Integer.MAX_VALUE : devices.get(0).driverVersion();
    try {
      CudaToolkit toolkit = CudaToolkit.ofThisProcess(options.cudaLibraries(), driverVersion);
      CudaLibrary.OF_TOOLKITS.forEach(library -> note(library.load(toolkit)));
    } catch (CudaRefusal e) {
      note("libraries: " + e.getMessage(), e.mend());
    }
  }

  /**
   * Variables by which cuBLAS takes float32 products less or otherwise precisely than it is asked
   * to (cuBLAS library, "Floating Point Emulation"; NVIDIA_TF32_OVERRIDE).
   */
  static Map<String, String> precisionVariables() {
    Map<String, String> found = new TreeMap<>();
    System.getenv()
        .forEach(
            (name, value) -> {
              if (name.equals("NVIDIA_TF32_OVERRIDE") || name.startsWith("CUBLAS_EMULAT")) {
                found.put(name, value);
              }
            });
    return found;
  }

  /** Opens each device on its own: one that is broken must not hide behind a healthy first. */
  private void tryOut() {
    for (int ordinal = 0; ordinal < devices.size(); ordinal++) {
      String trial = devices.size() == 1 ? "trial" : "trial of device " + ordinal;
      try {
        report.add(
            trial
                + ": a kernel was compiled, loaded and run; cuBLAS and cuSOLVER started; memory for "
                + lanes(devices.get(ordinal))
                + " at once");
      } catch (BackendUnavailableException e) {
        tell(ordinal, trial + ": " + e.getMessage(), "see the message");
      } catch (CudaException | DeviceLostException e) {
        tell(
            ordinal, trial + ": " + e.getMessage(), "see whether nvidia-smi works on this machine");
      }
    }
  }

  private static String lanes(CudaDevice device) {
    try (CudaBackend backend =
        CudaOpening.open(List.of(device), new BackendOptions(1, Long.MAX_VALUE))) {
      int lanes = backend.mostLanes(0);
      return lanes == 1 ? "one lane" : lanes + " lanes";
    }
  }

  /** Reports a broken device that was not requested, without a failure. */
  private void tell(int ordinal, String finding, String remedy) {
    if (options.devices().contains(ordinal)) {
      note(finding, remedy);
    } else {
      report.add(finding + "; mend: " + remedy);
    }
  }

  private void note(String finding, String remedy) {
    report.add(finding + "; mend: " + remedy);
    if (problem == null) {
      problem = finding;
      mend = remedy;
    }
  }
}
