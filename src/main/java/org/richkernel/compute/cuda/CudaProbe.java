package org.richkernel.compute.cuda;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.DeviceLostException;

/**
 * Looks for a driver, a device and the libraries, each on its own, and opens a backend on trial:
 * only one that has compiled and run a kernel counts as usable.
 */
final class CudaProbe {
  private final List<String> report = new ArrayList<>();
  private List<CudaDevice> devices = List.of();
  private String problem;
  private String mend;

  private CudaProbe() {}

  /** Looks, tries, and reports. */
  static BackendProvider.Probe run() {
    CudaProbe probe = new CudaProbe();
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
   * Looks for what a backend needs, without trying it out.
   *
   * @param ordinals numbers of the devices that are wanted
   * @throws BackendUnavailableException naming the first thing that is missing
   */
  static List<CudaDevice> requireDevices(List<Integer> ordinals) {
    CudaProbe probe = new CudaProbe();
    probe.look();
    if (probe.problem != null) {
      throw new BackendUnavailableException("cuda", probe.problem, probe.mend);
    }
    return ordinals.stream().map(probe::require).toList();
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
    for (CudaLibrary library : CudaLibrary.values()) {
      CudaLibrary.Status status = library.load();
      if (status.loaded()) {
        report.add(status.finding());
      } else {
        note(status.finding(), status.mend());
      }
      if (library == CudaLibrary.DRIVER && status.loaded()) {
        lookForDevices();
      }
    }
  }

  private void lookForDevices() {
    try {
      devices = CudaDevice.all();
      for (int i = 0; i < devices.size(); i++) {
        report.add("device " + i + ": " + devices.get(i).summary());
      }
    } catch (CudaDevice.NoDeviceException e) {
      note("device: " + e.getMessage(), e.mend());
    } catch (CudaException e) {
      note("device: " + e.getMessage(), "see whether nvidia-smi works on this machine");
    }
  }

  private void tryOut() {
    try {
      CudaOpening.open(devices.subList(0, 1), new BackendOptions(1, Long.MAX_VALUE)).close();
      report.add("trial: a kernel was compiled, loaded and run; cuBLAS and cuSOLVER started");
    } catch (BackendUnavailableException e) {
      note("trial: " + e.getMessage(), "see the message");
    } catch (CudaException | DeviceLostException e) {
      note("trial: " + e.getMessage(), "see whether nvidia-smi works on this machine");
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
