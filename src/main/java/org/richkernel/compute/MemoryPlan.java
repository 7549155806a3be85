package org.richkernel.compute;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The matrices that a solve will hold at once, known before it starts. A {@link Workspace}
 * allocates exactly these, so the plan and the memory in use cannot part ways.
 */
public final class MemoryPlan {
  /**
   * One matrix of a plan.
   *
   * @param device which of {@link Backend#devices()} holds it
   * @param label its name in the workspace, unique on its device
   */
  public record Entry(int device, String label, Precision precision, int rows, int columns) {
    /** rows x columns x bytes per element. */
    public long bytes() {
      return (long) rows * columns * precision.bytes();
    }
  }

  /** Resident set of the process beside matrices and heap: virtual machine, classes, OpenBLAS. */
  private static final long JAVA_BYTES = 115_000_000;

  private static final long MIB = 1 << 20;

  /** Heap needed in addition to live objects: a fraction of it, files being read, code. */
  private static final double SLACK = 1.3;

  private static final long ROOM = 48 * MIB;
  private static final long LEAST_HEAP = 128 * MIB;
  private static final long HEAP_STEP = 32 * MIB;

  private final List<Entry> entries = new ArrayList<>();
  private int device;
  private int eigenRows;
  private long hostBytes;
  private long diskBytes;

  /**
   * Matrices that are added from now on lie on another device.
   *
   * @param index into {@link Backend#devices()}; 0 at the start
   */
  public MemoryPlan onDevice(int index) {
    device = index;
    return this;
  }

  /** Adds a matrix. */
  public MemoryPlan add(String label, Precision precision, int rows, int columns) {
    for (Entry entry : entries) {
      if (entry.device() == device && entry.label().equals(label)) {
        throw new IllegalArgumentException("planned twice: " + label);
      }
    }
    entries.add(new Entry(device, label, precision, rows, columns));
    return this;
  }

  /**
   * Adds a matrix that is decomposed into eigenvectors, its eigenvalues, and the scratch that the
   * first device keeps for it.
   *
   * @param values label of the eigenvalues, 1 x rows
   */
  public MemoryPlan addEigenproblem(String label, String values, int rows) {
    eigenRows = Math.max(eigenRows, rows);
    return add(label, Precision.FLOAT64, rows, rows).add(values, Precision.FLOAT64, 1, rows);
  }

  /**
   * Adds all that another plan holds, on the device that this one is at.
   *
   * @param prefix of its labels
   */
  public MemoryPlan addAll(String prefix, MemoryPlan part) {
    for (Entry entry : part.entries) {
      add(prefix + entry.label(), entry.precision(), entry.rows(), entry.columns());
    }
    eigenRows = Math.max(eigenRows, part.eigenRows);
    return addHost(part.hostBytes).addDisk(part.diskBytes);
  }

  /**
   * The plan of parts that are held one after the other: for each device the matrices of the part
   * that has most of them there, and the largest scratch and numbers of bytes on the heap and on
   * disk.
   */
  public static MemoryPlan largest(MemoryPlan... parts) {
    MemoryPlan plan = new MemoryPlan();
    int devices = Arrays.stream(parts).mapToInt(MemoryPlan::devices).max().orElse(0);
    for (int d = 0; d < devices; d++) {
      List<Entry> most = List.of();
      for (MemoryPlan part : parts) {
        List<Entry> there = part.on(d);
        if (bytes(there) > bytes(most)) {
          most = there;
        }
      }
      plan.entries.addAll(most);
    }
    for (MemoryPlan part : parts) {
      plan.eigenRows = Math.max(plan.eigenRows, part.eigenRows);
      plan.hostBytes = Math.max(plan.hostBytes, part.hostBytes);
      plan.diskBytes = Math.max(plan.diskBytes, part.diskBytes);
    }
    return plan;
  }

  /** Adds a scratch file, which is no part of the total. */
  public MemoryPlan addDisk(long bytes) {
    diskBytes = Math.addExact(diskBytes, bytes);
    return this;
  }

  /** Adds memory of the Java heap: averages, results, buffers for files. */
  public MemoryPlan addHost(long bytes) {
    hostBytes = Math.addExact(hostBytes, bytes);
    return this;
  }

  /** The matrices, in the order in which they were added. */
  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** Bytes of all matrices. */
  public long matrixBytes() {
    return bytes(entries);
  }

  private static long bytes(List<Entry> some) {
    return some.stream().mapToLong(Entry::bytes).sum();
  }

  private List<Entry> on(int index) {
    return entries.stream().filter(e -> e.device() == index).toList();
  }

  /** Devices up to the last one that holds a matrix, at least one. */
  private int devices() {
    return 1 + entries.stream().mapToInt(Entry::device).max().orElse(0);
  }

  /** Bytes of matrices and scratch on one device, as the device may round them. */
  public long bytesOn(int index, Backend device) {
    long matrices = on(index).stream().mapToLong(e -> device.roundedBytes(e.bytes())).sum();
    return matrices + (index == 0 ? scratchBytes(device) : 0);
  }

  private long scratchBytes(Backend first) {
    return eigenRows == 0 ? 0 : first.eigenScratchBytes(eigenRows);
  }

  /** "device 1 of 2: " for several devices. */
  private String where(int index) {
    int devices = devices();
    return devices == 1 ? "" : "device " + (index + 1) + " of " + devices + ": ";
  }

  /** Bytes of scratch files. */
  public long diskBytes() {
    return diskBytes;
  }

  /** Bytes that live on the Java heap. */
  public long hostBytes() {
    return hostBytes;
  }

  /**
   * A size of the Java heap (-Xmx) that suffices with the collector of this process; a run of any
   * length fills all of it.
   */
  public long heapBytes() {
    return heapBytes(JavaHeap.present());
  }

  /** The same with the collector of another heap. */
  long heapBytes(JavaHeap heap) {
    long room = heap.wholeFor((long) (SLACK * hostBytes) + ROOM);
    return Math.max(LEAST_HEAP, (room + HEAP_STEP - 1) / HEAP_STEP * HEAP_STEP);
  }

  /**
   * Most bytes of the process in the memory of the machine: the virtual machine, its heap, and the
   * matrices where they lie in it.
   *
   * @param heap size of the Java heap
   */
  public long processBytes(Backend backend, long heap) {
    boolean onHost = backend.info().name().equals("cpu");
    return JAVA_BYTES + heap + (onHost ? matrixBytes() + scratchBytes(backend) : 0);
  }

  /**
   * One line per matrix, the additional memory of the devices of a backend, and a total, for {@code
   * --dry-run}.
   */
  public String describe(Backend backend) {
    return describe(backend.devices());
  }

  /** The same for work that needs no backend. */
  public String describe() {
    return describe(List.of());
  }

  private String describe(List<Backend> devices) {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %-28s %10d x %-8d %-8s %10.1f MB%n",
              where(entry.device()) + entry.label(),
              entry.rows(),
              entry.columns(),
              entry.precision().name().toLowerCase(Locale.ROOT),
              entry.bytes() / 1e6));
    }
    long scratch = devices.isEmpty() ? 0 : scratchBytes(devices.get(0));
    if (scratch > 0) {
      line(text, "scratch of the eigenvalues of " + eigenRows + " x " + eigenRows, scratch);
    }
    long taken = 0;
    long rounded = 0;
    for (int index = 0; index < devices.size(); index++) {
      taken += devices.get(index).takenBytes();
      rounded += bytesOn(index, devices.get(index));
    }
    long matrices = matrixBytes() + scratch;
    if (rounded > matrices) {
      line(text, "rounding of the matrices by the device, at most", rounded - matrices);
    }
    if (taken > 0) {
      line(text, "taken of the device by context, libraries and others", taken);
    }
    line(text, "on the Java heap", hostBytes);
    line(text, "room on the heap for garbage and files", heapBytes() - hostBytes);
    line(text, "Java and the program", JAVA_BYTES);
    if (diskBytes > 0) {
      line(text, "on disk, beside the total", diskBytes);
    }
    line(text, "total", Math.max(rounded, matrices) + taken + heapBytes() + JAVA_BYTES);
    return text.toString();
  }

  private static void line(StringBuilder text, String what, long bytes) {
    text.append(String.format(Locale.ROOT, "  %-58s %10.1f MB%n", what, bytes / 1e6));
  }

  /** Whether {@link #requireFits} would let it pass. */
  public boolean fits(Backend backend) {
    try {
      requireFits(backend, "");
      return true;
    } catch (OutOfDeviceMemoryException e) {
      return false;
    }
  }

  /**
   * Refuses a plan that does not fit, before any work is done.
   *
   * @param mend advice: the option to lower
   * @throws OutOfDeviceMemoryException if the backend or the Java heap lacks the memory
   */
  public void requireFits(Backend backend, String mend) {
    requireFits(backend, mend, mend);
  }

  /**
   * The same with advice for each kind of memory; that for the heap ends with a larger -Xmx.
   *
   * @param onDevice advice if the backend lacks the memory
   * @param onHeap advice if the Java heap does
   * @throws OutOfDeviceMemoryException if one of them does
   */
  public void requireFits(Backend backend, String onDevice, String onHeap) {
    List<Backend> devices = backend.devices();
    for (int index = 0; index < devices.size(); index++) {
      long free = devices.get(index).availableBytes();
      long needed = bytesOn(index, devices.get(index));
      if (needed > free) {
        throw new OutOfDeviceMemoryException(
            where(index) + "the computation", needed, free, onDevice);
      }
    }
    requireFits(JavaHeap.present(), onHeap);
  }

  /** Refuses a plan whose objects on the Java heap do not fit. */
  void requireFits(JavaHeap heap, String mend) {
    if (hostBytes > heap.lasting()) {
      throw new OutOfDeviceMemoryException(
          "the Java heap of the computation",
          hostBytes,
          heap.lasting(),
          mend + ", or raise -Xmx, such as java -Xmx" + heapBytes(heap) / MIB + "m");
    }
  }
}
