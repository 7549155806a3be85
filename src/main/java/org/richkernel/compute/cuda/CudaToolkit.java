package org.richkernel.compute.cuda;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * NVRTC, cuBLAS and cuSOLVER of one major version of CUDA, as a process uses them. CUDA 12 is
 * preferred where both are there: JCuda's natives were made for it, and drivers for CUDA 13 run it.
 */
final class CudaToolkit {
  private static final int[] MAJORS = {12, 13};

  /** Libraries of a process are loaded once: the first choice stays. */
  private static @Nullable CudaToolkit ofThisProcess;

  private static Optional<Path> givenToThisProcess = Optional.empty();

  private final int major;
  private final LibraryFolders folders;
  private final boolean loaderMaySearch;

  private CudaToolkit(int major, LibraryFolders folders, boolean loaderMaySearch) {
    this.major = major;
    this.folders = folders;
    this.loaderMaySearch = loaderMaySearch;
  }

  /**
   * The toolkit that this process loads.
   *
   * @param given the only folder to look in; empty for those of the machine
   * @param driverVersion CUDA version that the driver supports, 12060 for 12.6
   * @throws CudaRefusal if no major version of CUDA is whole that the driver runs, or if the
   *     process has loaded another folder's
   */
  static synchronized CudaToolkit ofThisProcess(Optional<Path> given, int driverVersion)
      throws CudaRefusal {
    if (ofThisProcess == null) {
      ofThisProcess = choose(given, driverVersion);
      givenToThisProcess = given;
    } else if (given.isPresent() && !given.equals(givenToThisProcess)) {
      throw new CudaRefusal(
          "this process looked for libraries of CUDA in "
              + ofThisProcess.folders.words()
              + " before, and they can be loaded once only",
          "name " + given.get() + " before the first use of CUDA");
    }
    return ofThisProcess;
  }

  private static CudaToolkit choose(Optional<Path> given, int driverVersion) throws CudaRefusal {
    return choose(
        given
            .map(LibraryFolders::given)
            .orElseGet(() -> LibraryFolders.ofMachine(System.getenv(), Path.of("/"))),
        given.isEmpty(),
        driverVersion);
  }

  /**
   * The whole toolkit of the lowest major version that the driver runs; without one, the toolkit
   * with most libraries, so that the missing ones can be named.
   *
   * @param loaderMaySearch whether the dynamic loader may find libraries outside the folders
   * @throws CudaRefusal as for {@link #ofThisProcess}
   */
  static CudaToolkit choose(LibraryFolders folders, boolean loaderMaySearch, int driverVersion)
      throws CudaRefusal {
    Map<Integer, CudaToolkit> candidates = new TreeMap<>();
    for (int major : MAJORS) {
      candidates.put(major, new CudaToolkit(major, folders, loaderMaySearch));
    }
    List<CudaToolkit> whole =
        candidates.values().stream()
            .filter(toolkit -> toolkit.found().size() == CudaLibrary.OF_TOOLKITS.size())
            .toList();
    for (CudaToolkit toolkit : whole) {
      if (toolkit.major <= driverVersion / 1000) {
        return toolkit;
      }
    }
    if (!whole.isEmpty()) {
      throw whole.get(0).tooNewFor(driverVersion);
    }
    CudaToolkit older = candidates.get(MAJORS[0]);
    CudaToolkit newer = candidates.get(MAJORS[1]);
    if (!older.found().isEmpty() && !newer.found().isEmpty()) {
      throw mixed(older, newer);
    }
    return newer.found().isEmpty() ? older : newer;
  }

  private CudaRefusal tooNewFor(int driverVersion) {
    return new CudaRefusal(
        "only CUDA "
            + major
            + " was found ("
            + places()
            + "), and the driver supports CUDA "
            + CudaDevice.text(driverVersion),
        "update the NVIDIA driver to 580 or newer, or install the runtime libraries of CUDA "
            + driverVersion / 1000);
  }

  private static CudaRefusal mixed(CudaToolkit older, CudaToolkit newer) {
    CudaToolkit nearer = newer.found().size() > older.found().size() ? newer : older;
    String missing =
        CudaLibrary.OF_TOOLKITS.stream()
            .filter(library -> !nearer.found().containsKey(library))
            .map(library -> library.soname(nearer.major))
            .collect(Collectors.joining(" and "));
    return new CudaRefusal(
        "libraries of CUDA "
            + older.major
            + " ("
            + older.places()
            + ") and of CUDA "
            + newer.major
            + " ("
            + newer.places()
            + ") were found, and of neither all three that are needed",
        "install "
            + missing
            + " of CUDA "
            + nearer.major
            + ", or give --cuda-libraries a folder that holds all three of one major version");
  }

  private String places() {
    return found().values().stream().map(Path::toString).collect(Collectors.joining(", "));
  }

  /** The libraries that lie in the folders. */
  private Map<CudaLibrary, Path> found() {
    Map<CudaLibrary, Path> files = new EnumMap<>(CudaLibrary.class);
    for (CudaLibrary library : CudaLibrary.OF_TOOLKITS) {
      file(library).ifPresent(file -> files.put(library, file));
    }
    return files;
  }

  /** Major version of CUDA, 12 or 13. */
  int major() {
    return major;
  }

  /** Where a library lies; empty where only the dynamic loader may know. */
  Optional<Path> file(CudaLibrary library) {
    return folders.find(library.soname(major));
  }

  /** Whether the dynamic loader may look for a library that does not lie in the folders. */
  boolean loaderMaySearch() {
    return loaderMaySearch;
  }

  /** The searched folders. */
  String words() {
    return folders.words();
  }

  /**
   * Files that a library needs and that lie beside it, those first that others need. Packages of
   * pip keep each library in a folder of its own.
   */
  List<Path> companions(CudaLibrary library) {
    Optional<Path> file = file(library);
    if (file.isEmpty()) {
      return List.of();
    }
    Path folder = file.get().getParent();
    List<Path> around = new ArrayList<>(List.of(folder));
    around.addAll(LibraryFolders.packagesBeside(folder));
    List<Path> companions = new ArrayList<>();
    for (String pattern : library.companions(major)) {
      LibraryFolders.first(around, pattern).ifPresent(companions::add);
    }
    return companions;
  }
}
