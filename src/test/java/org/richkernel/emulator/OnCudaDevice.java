package org.richkernel.emulator;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;
import org.richkernel.compute.cuda.CudaBackendProvider;

/**
 * Marks a test class that runs on any CUDA device: on the emulated one in the surefire execution
 * {@code emulated-device}, where the device must have seen no wrong access after each test, and on
 * a GPU in the execution {@code cuda-device}, which bench/gpu.sh calls.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("emulated-device")
@Tag("cuda-device")
@ExtendWith(OnCudaDevice.Condition.class)
public @interface OnCudaDevice {

  /** Skips without a device; watches the emulated one. */
  class Condition implements ExecutionCondition, BeforeEachCallback, AfterEachCallback {
    private static final BackendProvider.Probe PROBE =
        new CudaBackendProvider().probe(BackendOptions.defaults());

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (PROBE.usable()) {
        return ConditionEvaluationResult.enabled("there is a CUDA device: " + PROBE.device());
      }
      String reason = "no CUDA device can be used: " + PROBE.reason();
      System.out.println("skipped " + context.getDisplayName() + ": " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
      if (EmulatedDevice.isBuilt()) {
        EmulatedDevice.reset();
      }
    }

    /** Out of bounds, uninitialised and misaligned accesses, races at barriers, wrong strides. */
    @Override
    public void afterEach(ExtensionContext context) {
      if (EmulatedDevice.isBuilt() && !EmulatedDevice.lastReport().isEmpty()) {
        throw new AssertionError(EmulatedDevice.lastReport());
      }
    }
  }
}
