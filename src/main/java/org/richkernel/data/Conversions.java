package org.richkernel.data;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Kinds of files that are known and not read, and how Python makes an array file of one. */
enum Conversions {
  PICKLE("a Python pickle", "import numpy, pickle; a = pickle.load(open('%s', 'rb'))", "a"),
  TORCH(
      "a PyTorch file",
      "import numpy, torch; a = torch.load('%s', map_location='cpu')",
      "a.numpy()"),
  PARQUET("a Parquet table", "import numpy, pandas; a = pandas.read_parquet('%s')", "a.to_numpy()"),
  MATLAB("a MATLAB file", "import numpy, scipy.io; a = scipy.io.loadmat('%s')", "a['NAME']"),
  SAFETENSORS(
      "a safetensors file",
      "import numpy, safetensors.numpy; a = safetensors.numpy.load_file('%s')",
      "a['NAME']");

  private final String what;
  private final String load;
  private final String array;

  Conversions(String what, String load, String array) {
    this.what = what;
    this.load = load;
    this.array = array;
  }

  /** The kind of a file, by its first bytes and by its name. */
  static Optional<Conversions> of(String name, byte[] head) {
    String lower = name.toLowerCase(Locale.ROOT);
    String start = new String(head, StandardCharsets.ISO_8859_1);
    if (start.startsWith("PAR1")) {
      return Optional.of(PARQUET);
    }
    if (start.startsWith("MATLAB ") || lower.endsWith(".mat")) {
      return Optional.of(MATLAB);
    }
    if (lower.endsWith(".pt") || lower.endsWith(".pth")) {
      return Optional.of(TORCH);
    }
    if (lower.endsWith(".safetensors")) {
      return Optional.of(SAFETENSORS);
    }
    boolean pickled = head.length > 1 && (head[0] & 0xff) == 0x80 && head[1] >= 2 && head[1] <= 5;
    return pickled || lower.endsWith(".pkl") || lower.endsWith(".pickle")
        ? Optional.of(PICKLE)
        : Optional.empty();
  }

  String what() {
    return what;
  }

  /** Two lines of Python. */
  String mend(String file) {
    String name = file.replace("\\", "\\\\").replace("'", "\\'");
    return "convert it in Python: "
        + load.replace("%s", name)
        + "; numpy.save('x.npy', "
        + array
        + ")";
  }
}
