package org.richkernel.compute.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory the machine, or the control group of the process, has left. */
final class MachineMemory {
  private static final Path MEM_INFO = Path.of("/proc/meminfo");
  private static final Path OWN_GROUP = Path.of("/proc/self/cgroup");
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");

  private MachineMemory() {}

  /** Bytes free now: the smaller of the machine's and the control group's; unknown is unlimited. */
  static long freeBytes() {
    return Math.min(availableOnMachine(), availableInGroup());
  }

  private static long availableOnMachine() {
    for (String line : lines(MEM_INFO)) {
      if (line.startsWith("MemAvailable:")) {
        String kibibytes = line.replaceAll("[^0-9]", "");
        return Long.parseLong(kibibytes) * 1024;
      }
    }
    return Long.MAX_VALUE;
  }

  private static long availableInGroup() {
    Path group = GROUPS;
    for (String line : lines(OWN_GROUP)) {
      if (line.startsWith("0::/")) {
        group = GROUPS.resolve(line.substring("0::/".length()));
      }
    }
    long free = Long.MAX_VALUE;
    // a limit may be set on any group above the own one; inside a container the path may not exist
    for (Path g = group; g != null && g.startsWith(GROUPS); g = g.getParent()) {
      long limit = number(g.resolve("memory.max"));
      long used = number(g.resolve("memory.current"));
      if (limit >= 0 && used >= 0) {
        free = Math.min(free, Math.max(0, limit - used + reclaimable(g)));
      }
    }
    return free;
  }

  /** Clean file pages count as used but make room when asked. */
  private static long reclaimable(Path group) {
    for (String line : lines(group.resolve("memory.stat"))) {
      if (line.startsWith("inactive_file ")) {
        return Long.parseLong(line.substring("inactive_file ".length()).strip());
      }
    }
    return 0;
  }

  /** The number in a file, -1 without a number ("max" means no limit). */
  private static long number(Path file) {
    List<String> lines = lines(file);
    if (lines.isEmpty() || !lines.get(0).matches("[0-9]{1,18}")) {
      return -1;
    }
    return Long.parseLong(lines.get(0));
  }

  /** The lines of a file of the kernel, none where the file cannot be read. */
  private static List<String> lines(Path file) {
    if (!Files.isReadable(file)) {
      return List.of();
    }
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
