package org.richkernel.compute.cuda;

import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** The modules that are loaded in a context; the first lane that needs one loads it for all. */
final class KernelModules {
  private final Map<String, CUmodule> modules = new HashMap<>();

  /**
   * The module of a source.
   *
   * @param loader of the lane that asks
   */
  synchronized CUmodule get(String source, KernelLoader loader) {
    CUmodule module = modules.get(source);
    if (module == null) {
      module = loader.load(source);
      modules.put(source, module);
    }
    return module;
  }

  /** Unloads all; the driver's first answer that is not success. */
  synchronized int unload() {
    int worst = 0;
    for (CUmodule module : modules.values()) {
      int code = JCudaDriver.cuModuleUnload(module);
      worst = worst == 0 ? code : worst;
    }
    modules.clear();
    return worst;
  }
}
